// The graph of one metric: drawn by uPlot from the API, zoomed by dragging. The server's drawing stands in
// its place until then, and on paper.
import uPlot from 'uplot'
import type { Unit } from '../../domain/metrics/unit.ts'
import { type GraphMarks, type GraphSpan, splitAtGaps } from '../charts/plot.ts'
import { type Scale, valueScale } from '../charts/scale.ts'
import { findTop } from '../charts/threshold-places.ts'
import { formatThreshold } from '../ui/format.ts'
import { closest, find, isPlainClick, setText } from './dom.ts'
import { describeMarks } from './graph-marks.ts'
import { fade, letterSize, readColour } from './graph-style.ts'
import { addTip, showTip } from './graph-tip.ts'
import { REFRESHED, refresh } from './live.ts'
import './picture.ts'
import { THEME_CHANGED } from './theme-button.ts'
import { onTimeForm } from './time-form.ts'
import { times } from './times.ts'
import { readUnit } from './units.ts'

const DAY = 86_400
/** The shortest time that dragging can pick, in seconds. */
const LEAST_TIME = 10
/** Levels of the axis, more or less. */
const LEVELS = 5

/** Times, means, leasts and greatests; null where a gap is. */
type Columns = [
  times: number[],
  means: (number | null)[],
  leasts: (number | null)[],
  greatests: (number | null)[],
]
type Shown = { readonly columns: Columns; readonly from: number; readonly to: number }
type GraphAnswer = { readonly points: readonly (readonly number[])[]; readonly error?: string }

class MetricGraph {
  readonly #place: HTMLElement
  readonly #unit: Unit
  readonly #source: string
  readonly #marks: ReturnType<typeof describeMarks>
  #plot: uPlot | null = null
  #tip: HTMLElement | null = null
  /** What is shown has means with a band of leasts and greatests. */
  #isDownsampled = false
  #shown: Shown | null = null
  /** Counts questions to the server: an answer to any but the last is dropped. */
  #asked = 0
  #width = 0

  constructor(place: HTMLElement) {
    this.#place = place
    this.#unit = readUnit(place)
    this.#source = place.dataset.source ?? ''
    this.#marks = describeMarks({ unit: this.#unit, readMarks, readShown: () => this.#readShown() })
  }

  start() {
    this.#listenForRanges()
    document.addEventListener(REFRESHED, () => {
      if (readGraphSpan().live) this.#load()
    })
    document.addEventListener(THEME_CHANGED, () => this.#redrawWhole())
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redrawWhole())
    new ResizeObserver(() => this.#fit()).observe(this.#place)
    this.#load()
  }

  #readShown(): Shown {
    return this.#shown ?? { columns: emptyColumns(), ...readGraphSpan() }
  }

  // ---- Data ----
  async #load() {
    const mine = ++this.#asked
    const { from, to } = readGraphSpan()
    const points = Math.max(100, Math.min(2000, Math.round(this.#place.clientWidth)))
    this.#place.classList.add('waiting')
    try {
      const response = await fetch(`${this.#source}?from=${from}&to=${to}&points=${points}`)
      const answer: GraphAnswer = await response.json()
      if (mine !== this.#asked) return
      if (!response.ok) throw new Error(answer.error)
      this.#draw({ columns: toColumns(answer.points), from, to })
      note('')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (mine === this.#asked) note(`The samples could not be read: ${reason}`)
    } finally {
      if (mine === this.#asked) this.#place.classList.remove('waiting')
    }
  }

  // ---- Drawing ----
  #draw(next: Shown) {
    this.#shown = next
    const { columns, from, to } = next
    const isDownsampled = columns[2].some((value, i) => value !== columns[3][i])
    const plot = this.#plot
    if (plot && isDownsampled === this.#isDownsampled) {
      const [min, max] = this.#rangeOfShown()
      plot.batch(() => {
        plot.setData(columns, false)
        plot.setScale('x', { min: from, max: to })
        plot.setScale('y', { min, max })
      })
    } else {
      plot?.destroy()
      this.#place.classList.add('drawn')
      this.#isDownsampled = isDownsampled
      this.#plot = new uPlot(this.#describePlot(), columns, this.#place)
    }
    this.#place.querySelector('.no-samples')?.remove()
    if (columns[0].length > 0) return
    const words = document.createElement('p')
    words.className = 'no-samples'
    words.textContent = 'No samples in this time'
    this.#place.append(words)
  }

  #redrawWhole() {
    if (!this.#shown) return
    this.#plot?.destroy()
    this.#plot = null
    this.#draw(this.#shown)
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.#place
    if (!this.#plot || width === this.#width) return
    this.#width = width
    this.#plot.setSize({ width, height })
  }

  #describePlot(): uPlot.Options {
    const place = this.#place
    const size = letterSize()
    return {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [12, this.#marks.sideRoom, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false, dist: 5 }, points: { size: 7 } },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: true, auto: false, range: () => [this.#readShown().from, this.#readShown().to] },
        y: { range: () => this.#rangeOfShown() },
      },
      ...this.#describeLines(size),
      axes: this.#describeAxes(size),
      hooks: {
        setSelect: [(chart) => this.#zoomToSelection(chart)],
        setCursor: [(chart) => this.#moveTip(chart)],
        ready: [
          (chart) => {
            this.#tip = addTip(chart)
          },
        ],
        drawAxes: [this.#marks.drawThresholds],
        draw: [
          this.#marks.labelThresholds,
          this.#marks.drawEvents,
          this.#marks.placeEvents,
          (chart) => this.#noteDrawn(chart),
        ],
      },
    }
  }

  #describeLines(size: number): Pick<uPlot.Options, 'series' | 'bands'> {
    const line = readColour(this.#place, 'line')
    const isBand = this.#isDownsampled
    const edge = { width: 0, points: { show: false } }
    return {
      series: [
        {},
        {
          stroke: line,
          width: 1.75 * size,
          ...(!isBand && { fill: fade(line, 0.1) }),
          points: { show: false, filter: () => this.#findLone(), size: 6 * size, fill: line },
        },
        { ...edge, stroke: line },
        // A peak of one step is thinner than a pixel as a band: its edge keeps it in sight.
        { ...edge, stroke: fade(line, 0.45), width: isBand ? 1 : 0 },
      ],
      bands: isBand ? [{ series: [3, 2], fill: fade(line, 0.24) }] : [],
    }
  }

  #describeAxes(size: number): uPlot.Axis[] {
    const place = this.#place
    const hairline = { stroke: readColour(place, 'hairline'), width: 1 }
    const axis = {
      stroke: readColour(place, 'soft'),
      font: `${12 * size}px ${getComputedStyle(place).fontFamily}`,
      grid: hairline,
      ticks: hairline,
    }
    const isNarrow = place.clientWidth < 500
    return [
      { ...axis, values: labelTimes, space: (isNarrow ? 52 : 70) * size, size: 50 * size },
      {
        ...axis,
        values: (_, splits) => {
          const labels = new Map(this.#scaleOfShown().ticks.map(({ at, label }) => [at, label]))
          return splits.map((level) => labels.get(level) ?? '')
        },
        splits: () => this.#scaleOfShown().ticks.map(({ at }) => at),
        size: (isNarrow && this.#unit !== 'state' ? 62 : 74) * size,
      },
    ]
  }

  /** Samples with a gap before and behind: no line would show them. */
  #findLone(): number[] | null {
    const [, values] = this.#readShown().columns
    const isGap = (i: number) => values[i] === null || values[i] === undefined
    const lone = [...values.keys()].filter((i) => !isGap(i) && isGap(i - 1) && isGap(i + 1))
    this.#place.dataset.lone = String(lone.length)
    return lone.length > 0 ? lone : null
  }

  /** Says in the document what is on the canvas. */
  #noteDrawn(chart: uPlot) {
    const { x, y } = chart.scales
    Object.assign(this.#place.dataset, {
      levels: `${y?.min}-${y?.max}`,
      drawn: `${x?.min}-${x?.max}`,
      limits: this.#marks
        .listThresholds(chart)
        .map(({ value }) => formatThreshold(value, this.#unit))
        .join(' '),
    })
  }

  /** Levels for all that is shown, the ends of the band included. */
  #scaleOfShown(): Scale {
    const unit = this.#unit
    const [, , lows, highs] = this.#readShown().columns
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (const low of lows) if (low !== null) least = Math.min(least, low)
    for (const high of highs) if (high !== null) most = Math.max(most, high)
    if (least > most) return valueScale(0, unit === '%' ? 100 : 0, unit, LEVELS)
    return valueScale(least, findTop(most, readMarks().thresholds, unit, 'labels'), unit, LEVELS)
  }

  #rangeOfShown(): [number, number] {
    const { low, high } = this.#scaleOfShown()
    return [low, high]
  }

  #moveTip(chart: uPlot) {
    if (!this.#tip) return
    const [moments, means, leasts, greatests] = this.#readShown().columns
    const i = chart.cursor.idx ?? -1
    const [time, mean] = [moments[i], means[i]]
    const isDownsampled = this.#isDownsampled
    const row =
      time === undefined || mean === undefined || mean === null
        ? null
        : { time, mean, least: leasts[i] ?? mean, most: greatests[i] ?? mean, isDownsampled }
    showTip(chart, this.#tip, row, this.#unit)
  }

  // ---- Ranges ----
  #listenForRanges() {
    document.addEventListener('click', (event) => {
      const link = closest(event, '[data-graph-link]', HTMLAnchorElement)
      if (!link || !isPlainClick(event)) return
      event.preventDefault()
      this.#goTo(new URL(link.href).search)
    })
    onTimeForm((from, to) => this.#goTo(`?from=${from}&to=${to}`), note)
    this.#place.addEventListener('keydown', (event) => {
      const move = event.ctrlKey || event.metaKey || event.altKey ? null : findMove(event.key)
      if (!move) return
      event.preventDefault()
      this.#goTo(`?from=${move.from}&to=${move.to}`)
    })
    addEventListener('popstate', () => this.#follow())
  }

  async #goTo(query: string) {
    if (query === location.search) return
    history.pushState(null, '', `${location.pathname}${query}`)
    await this.#follow()
  }

  /** Shows what the address says now: the words by the server, then the samples. */
  async #follow() {
    await refresh()
    await this.#load()
  }

  #zoomToSelection(chart: uPlot) {
    const { left, width } = chart.select
    if (width < 2) return
    const from = Math.floor(chart.posToVal(left, 'x'))
    const to = Math.ceil(chart.posToVal(left + width, 'x'))
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    const middle = (from + to) / 2
    const half = Math.max(LEAST_TIME, to - from) / 2
    this.#goTo(`?from=${Math.round(middle - half)}&to=${Math.round(middle + half)}`)
  }
}

const emptyColumns = (): Columns => [[], [], [], []]

function note(words: string) {
  const line = document.querySelector('[data-graph-note]')
  if (line) setText(line, words)
}

/** Events and thresholds of what is shown, as the server knows them. */
function readMarks(): GraphMarks {
  const written = find('[data-graph-marks]', HTMLElement)?.dataset.graphMarks
  return written === undefined ? { thresholds: [], events: [] } : JSON.parse(written)
}

/** The time that the server has understood the address to mean. */
function readGraphSpan(): GraphSpan {
  const written = find('[data-graph-span]', HTMLElement)?.dataset.graphSpan
  return written === undefined ? { from: 0, to: 1, live: false } : JSON.parse(written)
}

/** What was asked for last, shown already or not: keys may come faster than the server answers. */
function readAsked(): { readonly from: number; readonly to: number } {
  const query = new URLSearchParams(location.search)
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
  return from < to ? { from, to } : readGraphSpan()
}

/** Columns for uPlot, with an empty row wherever a step is longer than usual. */
function toColumns(rows: readonly (readonly number[])[]): Columns {
  const columns = emptyColumns()
  const [moments, means, leasts, greatests] = columns
  for (const [start, end] of splitAtGaps(rows.map(([time]) => time ?? 0))) {
    if (start > 0) {
      moments.push(((rows[start]?.[0] ?? 0) + (rows[start - 1]?.[0] ?? 0)) / 2)
      for (const column of [means, leasts, greatests]) column.push(null)
    }
    for (const [time = 0, least = 0, mean = least, most = least] of rows.slice(start, end)) {
      moments.push(time)
      means.push(mean)
      leasts.push(least)
      greatests.push(most)
    }
  }
  return columns
}

/**
 * Keys on the graph: left and right move it by a half, + and - zoom. The end never goes further into the
 * future.
 */
function findMove(key: string): { readonly from: number; readonly to: number } | null {
  const { from, to } = readAsked()
  const span = to - from
  const moves = new Map([
    ['ArrowLeft', [-span / 2, -span / 2]],
    ['ArrowRight', [span / 2, span / 2]],
    ['+', [span / 4, -span / 4]],
    ['-', [-span / 2, span / 2]],
  ] as const)
  const move = [...moves].find(([name]) => name === key)?.[1]
  if (!move) return null
  const now = Math.floor(Date.now() / 1000)
  const end = to + move[1]
  const beyond = Math.max(0, end - Math.max(to, now))
  return { from: Math.max(0, Math.round(from + move[0] - beyond)), to: Math.round(end - beyond) }
}

function labelTimes(
  _: uPlot,
  splits: readonly number[],
  _axis: number,
  _space: number,
  step: number,
): string[] {
  return splits.map((time) => {
    if (step >= 28 * DAY) return times.format(time, 'month')
    if (step >= DAY) return times.format(time, 'day')
    if (step < 60) return times.format(time, 'second')
    return times.format(time, times.isMidnight(time) ? 'day' : 'clock')
  })
}

const place = find('[data-graph]', HTMLElement)
if (place) new MetricGraph(place).start()
