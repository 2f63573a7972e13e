// Drawings of the server that share a time: one cursor over all of them, and dragging zooms. Without it links
// and the form do the same.
import { FOOT, HEAD, usualStep } from '../charts/plot.ts'
import { formatValue } from '../ui/format.ts'
import { closest, findAll, isPlainClick } from './dom.ts'
import { REFRESHED, refresh } from './live.ts'
import './picture.ts'
import { onTimeForm } from './time-form.ts'
import { times } from './times.ts'
import { readUnit } from './units.ts'

/** Pixels that a pointer moves before it is a drag. */
const LEAST_PIXELS = 6
/** The shortest time that can be picked, in seconds. */
const LEAST_TIME = 10
/** Rows of each line that the cursor knows. */
const POINTS = 600
const DAY = 86_400

const board = () => document.querySelector<HTMLElement>('[data-charts]')

/** The time that all drawings show; null on a page whose drawings have gone. */
function readTimes(): { readonly from: number; readonly to: number } | null {
  const written = board()?.dataset.charts
  return written === undefined ? null : JSON.parse(written)
}

// ---- Address ----
async function goTo(address: URL) {
  if (address.href === location.href) return
  history.pushState(null, '', address)
  await refresh()
}

function goToTimes(from: number, to: number) {
  const address = new URL(location.href)
  address.searchParams.delete('range')
  address.searchParams.set('from', String(from))
  address.searchParams.set('to', String(Math.max(to, from + LEAST_TIME)))
  return goTo(address)
}

addEventListener('popstate', () => refresh())
document.addEventListener('click', (event) => {
  const link = closest(event, '[data-chart-link]', HTMLAnchorElement)
  if (!link || !isPlainClick(event)) return
  event.preventDefault()
  goTo(new URL(link.href))
})
onTimeForm(goToTimes)

// ---- The values under the cursor ----
/** A row is a time and a value, or a time, least, mean and greatest. */
type Line = { readonly rows: readonly (readonly number[])[]; readonly usual: number }
type SeriesAnswer = {
  readonly series: readonly {
    readonly host: string
    readonly metric: string
    readonly points: readonly (readonly number[])[]
  }[]
}

let lines: ReadonlyMap<string, Line> | null = null
let asked = ''

/** Fetches what all drawings show, once for each time that they show. */
async function load() {
  const shown = readTimes()
  if (!shown) return
  const query = new URLSearchParams({
    from: String(shown.from),
    to: String(shown.to),
    points: String(POINTS),
  })
  for (const place of findAll('[data-cursor-value]', HTMLElement))
    query.append('series', place.dataset.cursorValue ?? '')
  const mine = query.toString()
  if (mine === asked) return
  asked = mine
  try {
    const response = await fetch(`/api/v1/series?${mine}`)
    if (!response.ok || mine !== asked) return
    const { series }: SeriesAnswer = await response.json()
    lines = new Map(
      series.map(({ host, metric, points }) => [
        `${host}:${metric}`,
        { rows: points, usual: usualStep(points.map(([time]) => time ?? 0)) },
      ]),
    )
    if (moment !== null) show(moment)
  } catch {
    // Then the cursor shows the time alone.
  }
}

/** The row nearest to a time; null in a gap. */
function findRow({ rows, usual }: Line, time: number): readonly number[] | null {
  const timeOf = (i: number) => rows[i]?.[0] ?? Number.POSITIVE_INFINITY
  let low = 0
  let high = rows.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (timeOf(middle) <= time) low = middle
    else high = middle - 1
  }
  const nearest = timeOf(low + 1) - time < Math.abs(time - timeOf(low)) ? low + 1 : low
  return Math.abs(timeOf(nearest) - time) <= usual ? (rows[nearest] ?? null) : null
}

/** The value, or the mean of a step. */
const figureOf = (row: readonly number[]) => (row.length > 2 ? row[2] : row[1]) ?? Number.NaN

// ---- The cursor ----
type Field = { readonly left: number; readonly width: number; readonly top: number; readonly height: number }

let moment: number | null = null
let held: Element | null = null
/** What stood at each value before the cursor wrote over it. */
let said = new Map<Element, string>()

function fieldOf(place: Element): Field | null {
  const plot = place.querySelector('.plot')
  if (!plot) return null
  const box = plot.getBoundingClientRect()
  const scale = box.height / Number(plot.getAttribute('height'))
  return {
    left: box.left,
    width: box.width,
    top: box.top + HEAD * scale,
    height: box.height - (HEAD + FOOT) * scale,
  }
}

type MarkOptions = { readonly field: Field; readonly left: number; readonly width?: number }

function moveMark(place: Element, className: string, { field, left, width }: MarkOptions): HTMLElement {
  let mark = place.querySelector<HTMLElement>(`:scope > .${className}`)
  if (!mark) {
    mark = document.createElement('i')
    mark.className = className
    place.append(mark)
  }
  const outer = place.getBoundingClientRect()
  mark.style.left = `${left - outer.left}px`
  mark.style.top = `${field.top - outer.top}px`
  mark.style.height = `${field.height}px`
  if (width !== undefined) mark.style.width = `${width}px`
  return mark
}

function show(time: number) {
  const shown = readTimes()
  if (!shown) return
  moment = time
  const { from, to } = shown
  for (const place of document.querySelectorAll('.cursor-field')) {
    const field = fieldOf(place)
    if (!field) continue
    const left = field.left + ((time - from) / (to - from)) * field.width
    const mark = moveMark(place, 'cursor', { field, left })
    mark.dataset.at = place === held ? times.format(time, to - from > DAY ? 'stamp' : 'second') : ''
    mark.classList.toggle('to-left', left > field.left + field.width / 2)
  }
  for (const place of findAll('[data-cursor-value]', HTMLElement)) showValue(place, time)
}

function showValue(place: HTMLElement, time: number) {
  const word = place.querySelector('b')
  if (!word) return
  if (!said.has(word)) said.set(word, word.textContent)
  if (!lines) return
  const line = lines.get(place.dataset.cursorValue ?? '')
  const row = line && findRow(line, time)
  word.textContent = row ? formatValue(figureOf(row), readUnit(place)) : '–'
}

function hide() {
  moment = null
  held = null
  for (const mark of document.querySelectorAll('.cursor-field > .cursor')) mark.remove()
  for (const [word, text] of said) word.textContent = text
  said = new Map()
}

document.addEventListener(REFRESHED, () => {
  if (!board()) return
  said = new Map()
  if (moment === null) return
  load()
  show(moment)
})

// ---- The pointer ----
type Drag = { readonly place: Element; readonly field: Field; readonly start: number }

let drag: Drag | null = null

function momentAt(field: Field, x: number): number {
  const { from, to } = readTimes() ?? { from: 0, to: 0 }
  return from + Math.min(1, Math.max(0, (x - field.left) / field.width)) * (to - from)
}

/** The drawing and its field under a pointer; null beside the field. */
function findUnder(event: PointerEvent): { readonly place: Element; readonly field: Field } | null {
  const place = closest(event, '.cursor-field', HTMLElement)
  const field = place && board()?.contains(place) ? fieldOf(place) : null
  if (!place || !field || event.clientX < field.left || event.clientX > field.left + field.width) return null
  return { place, field }
}

/** Shows the cursor where the pointer is; takes it away where no drawing is. */
function followPointer(event: PointerEvent) {
  const under = findUnder(event)
  if (!under) {
    if (moment !== null && !drag) hide()
    return
  }
  held = under.place
  load()
  show(momentAt(under.field, event.clientX))
}

document.addEventListener('pointermove', (event) => {
  if (drag) {
    const { place, field, start } = drag
    const end = Math.min(field.left + field.width, Math.max(field.left, event.clientX))
    const width = Math.abs(end - start)
    moveMark(place, 'zoom-mark', { field, left: Math.min(start, end), width }).hidden = width < LEAST_PIXELS
  }
  followPointer(event)
})
// A finger that is lifted leaves too: what it pointed at stays until the next touch elsewhere.
document.addEventListener('pointerleave', (event) => {
  if (event.pointerType !== 'touch') hide()
})

document.addEventListener('pointerdown', (event) => {
  if (event.pointerType === 'touch') return followPointer(event)
  const under = event.button === 0 ? findUnder(event) : null
  if (!under) return
  event.preventDefault()
  drag = { ...under, start: event.clientX }
})

function endDrag(): Drag | null {
  const ended = drag
  drag = null
  ended?.place.querySelector(':scope > .zoom-mark')?.remove()
  return ended
}

document.addEventListener('pointerup', (event) => {
  const ended = endDrag()
  if (!ended || Math.abs(event.clientX - ended.start) < LEAST_PIXELS) return
  const start = Math.round(momentAt(ended.field, ended.start))
  const end = Math.round(momentAt(ended.field, event.clientX))
  hide()
  goToTimes(Math.min(start, end), Math.max(start, end))
})
document.addEventListener('pointercancel', endDrag)
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  endDrag()
  if (moment !== null) hide()
})
