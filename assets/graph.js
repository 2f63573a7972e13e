// The graph of one metric: drawn by uPlot from the API, zoomed by dragging. The server's drawing stands in its place until then,
// and on paper.
{
  const { formatValue, formatTime, readField, isMidnight, findLevels, formatLevel } = globalThis.monitorUnits
  const place = document.querySelector('[data-graph]')
  const note = document.querySelector('[data-graph-note]')
  const { source, unit } = place.dataset
  const DAY = 86_400
  /** The shortest time that dragging can pick, in seconds. */
  const LEAST_SPAN = 10
  let plot = null
  let shown = null
  let asked = 0

  /** What the address asks for: `from` and `to`, and whether the end moves on with the clock. */
  function readTimeRange() {
    const { from, to, live } = JSON.parse(document.querySelector('[data-graph-span]').dataset.graphSpan)
    return { from, to, live }
  }

  /** What was asked for last, shown already or not: keys may come faster than the server answers. */
  function readAsked() {
    const query = new URLSearchParams(location.search)
    const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
    return from < to ? { from, to } : readTimeRange()
  }

  /** Events and limits of what is shown, as the server knows them. */
  const readMarks = () => JSON.parse(document.querySelector('[data-graph-marks]').dataset.graphMarks)

  const colour = (name) => {
    const probe = document.createElement('i')
    probe.className = `ink-${name}`
    place.append(probe)
    const value = getComputedStyle(probe).color
    probe.remove()
    return value
  }
  const fade = (rgb, alpha) => rgb.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`)

  /** Letters of the page in parts of those on a usual screen: on a wall they are larger. */
  const letterSize = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 14

  const { listLimits, drawThresholds, labelLimits, sideRoom, drawEvents, placeEvents } =
    globalThis.monitorMarks.describeMarks({ readMarks, readShown: () => shown, colour, letterSize })

  // ---- Data ----
  async function load() {
    const mine = ++asked
    const { from, to } = readTimeRange()
    const points = Math.max(100, Math.min(2000, Math.round(place.clientWidth)))
    place.classList.add('waiting')
    try {
      const response = await fetch(`${source}?from=${from}&to=${to}&points=${points}`)
      const answer = await response.json()
      if (mine !== asked) return
      if (!response.ok) throw new Error(answer.error)
      draw(splitAtGaps(answer.points), from, to)
      note.textContent = ''
    } catch (error) {
      if (mine === asked) note.textContent = `The samples could not be read: ${error.message}`
    } finally {
      if (mine === asked) place.classList.remove('waiting')
    }
  }

  /** Columns for uPlot, with an empty row wherever a step is longer than usual. */
  function splitAtGaps(rows) {
    const steps = rows
      .slice(1)
      .map((row, i) => row[0] - rows[i][0])
      .sort((a, b) => a - b)
    const limit = 1.8 * (steps[Math.floor(steps.length / 2)] ?? 60)
    const columns = [[], [], [], []]
    rows.forEach((row, i) => {
      if (i > 0 && row[0] - rows[i - 1][0] > limit) {
        columns[0].push((row[0] + rows[i - 1][0]) / 2)
        for (const column of columns.slice(1)) column.push(null)
      }
      columns[0].push(row[0])
      // Without thinning a row has one value for all three.
      columns[1].push(row.length > 2 ? row[2] : row[1])
      columns[2].push(row[1])
      columns[3].push(row.length > 2 ? row[3] : row[1])
    })
    return columns
  }

  // ---- Drawing ----
  function draw(columns, from, to) {
    shown = { columns, from, to }
    const isDownsampled = columns[2].some((value, i) => value !== columns[3][i])
    if (plot && plot.isDownsampled === isDownsampled) {
      const [min, max] = rangeOfShown()
      plot.batch(() => {
        plot.setData(columns, false)
        plot.setScale('x', { min: from, max: to })
        plot.setScale('y', { min, max })
      })
    } else {
      plot?.destroy()
      place.classList.add('drawn')
      plot = new uPlot(describePlot(isDownsampled), columns, place)
      plot.isDownsampled = isDownsampled
    }
    place.querySelector('.no-samples')?.remove()
    if (columns[0].length === 0) {
      const words = document.createElement('p')
      words.className = 'no-samples'
      words.textContent = 'No samples in this time'
      place.append(words)
    }
  }

  function describePlot(isDownsampled) {
    const ink = colour('soft')
    const line = colour('line')
    const hairline = { stroke: colour('hairline'), width: 1 }
    const axis = {
      stroke: ink,
      font: `${12 * letterSize()}px ${getComputedStyle(place).fontFamily}`,
      grid: hairline,
      ticks: hairline,
    }
    const isNarrow = place.clientWidth < 500
    const size = letterSize()
    const edge = { width: 0, points: { show: false } }
    return {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [12, sideRoom, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false, dist: 5 }, points: { size: 7 } },
      select: { show: true },
      scales: {
        x: { time: true, auto: false, range: () => [shown.from, shown.to] },
        y: { range: rangeOfShown },
      },
      series: [
        {},
        {
          stroke: line,
          width: 1.75 * size,
          fill: isDownsampled ? undefined : fade(line, 0.1),
          points: { show: false, filter: findLone, size: 6 * size, fill: line },
        },
        { ...edge, stroke: line },
        // A peak of one step is thinner than a pixel as a band: its edge keeps it in sight.
        { ...edge, stroke: fade(line, 0.45), width: isDownsampled ? 1 : 0 },
      ],
      bands: isDownsampled ? [{ series: [3, 2], fill: fade(line, 0.24) }] : [],
      axes: [
        { ...axis, values: labelTimes, space: (isNarrow ? 52 : 70) * size, size: 50 * size },
        {
          ...axis,
          values: (_, splits) => splits.map((value) => formatLevel(value, unit)),
          splits: () => levelsOfShown().levels,
          size: (isNarrow && unit !== 'state' ? 62 : 74) * size,
        },
      ],
      hooks: {
        setSelect: [zoomToSelection],
        setCursor: [moveTip],
        ready: [addTip],
        drawAxes: [drawThresholds],
        draw: [labelLimits, drawEvents, placeEvents, noteDrawn],
      },
    }
  }

  /** Samples with a gap before and behind: no line would show them. */
  function findLone() {
    const [, values] = shown.columns
    const isGap = (i) => values[i] === null || values[i] === undefined
    const lone = [...values.keys()].filter((i) => !isGap(i) && isGap(i - 1) && isGap(i + 1))
    place.dataset.lone = String(lone.length)
    return lone.length > 0 ? lone : null
  }

  /** What is on the canvas, said in the document. */
  function noteDrawn(chart) {
    const { x, y } = chart.scales
    place.dataset.levels = `${y.min}-${y.max}`
    place.dataset.drawn = `${x.min}-${x.max}`
    place.dataset.limits = listLimits(chart)
      .map(({ label }) => label)
      .join(' ')
  }

  /** Levels for all that is shown, the ends of the band included. */
  function levelsOfShown() {
    const [, , lows, highs] = shown.columns
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (const [i, low] of lows.entries()) {
      if (low === null) continue
      least = Math.min(least, low)
      most = Math.max(most, highs[i])
    }
    if (least > most) return findLevels(0, unit === '%' ? 100 : 0, unit, 5)
    // As src/web/chart-limits.ts: some limits are worth their room.
    const worthRoom = readMarks().thresholds.filter(
      ({ value, isAlwaysShown }) => isAlwaysShown || value <= most * 1.25,
    )
    return findLevels(least, Math.max(most, ...worthRoom.map(({ value }) => value)), unit, 5)
  }

  function rangeOfShown() {
    const { low, high } = levelsOfShown()
    return [low, high]
  }

  function labelTimes(_, splits, _axis, _space, step) {
    return splits.map((time) => {
      if (step >= 28 * DAY) return formatTime(time, 'month')
      if (step >= DAY) return formatTime(time, 'day')
      if (step < 60) return formatTime(time, 'second')
      const clock = formatTime(time, 'clock')
      return isMidnight(time) ? formatTime(time, 'day') : clock
    })
  }

  // ---- Tooltip ----
  function addTip(chart) {
    chart.tip = document.createElement('div')
    chart.tip.className = 'tip'
    chart.tip.hidden = true
    chart.over.append(chart.tip)
  }

  function moveTip(chart) {
    const { tip, cursor } = chart
    if (!tip) return
    const { idx, left } = cursor
    const values = idx === null || idx === undefined ? null : shown.columns.map((column) => column[idx])
    tip.hidden = !values || values[1] === null || values[1] === undefined || left < 0
    if (tip.hidden) return
    const [time, mean, least, most] = values
    const parts =
      chart.isDownsampled && unit !== 'state'
        ? [
            ['Maximum', most],
            ['Mean', mean],
            ['Minimum', least],
          ]
        : unit === 'state' && chart.isDownsampled
          ? [['Running', mean * 100, '%']]
          : [['Value', mean]]
    const list = document.createElement('dl')
    for (const [name, value, of = unit] of parts) {
      list.append(Object.assign(document.createElement('dt'), { textContent: name }))
      list.append(Object.assign(document.createElement('dd'), { textContent: formatValue(value, of) }))
    }
    tip.replaceChildren(
      Object.assign(document.createElement('time'), { textContent: formatTime(time, 'stamp') }),
      list,
    )
    const beyond = left + tip.offsetWidth + 24 > chart.over.clientWidth
    tip.style.left = `${beyond ? Math.max(0, left - tip.offsetWidth - 12) : left + 12}px`
  }

  // ---- Ranges ----
  async function goTo(query, replace = false) {
    const address = `${location.pathname}${query}`
    if (address === location.pathname + location.search) return
    history[replace ? 'replaceState' : 'pushState'](null, '', address)
    await follow()
  }

  /** Shows what the address says now: the words by the server, then the samples. */
  async function follow() {
    await globalThis.monitorPage.refresh()
    await load()
  }

  function zoomToSelection(chart) {
    const { left, width } = chart.select
    if (width < 2) return
    const from = Math.floor(chart.posToVal(left, 'x'))
    const to = Math.ceil(chart.posToVal(left + width, 'x'))
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    const middle = (from + to) / 2
    const half = Math.max(LEAST_SPAN, to - from) / 2
    goTo(`?from=${Math.round(middle - half)}&to=${Math.round(middle + half)}`)
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-graph-link]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    goTo(new URL(link.href).search)
  })

  document.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-span-form]')
    if (!form) return
    event.preventDefault()
    const [from, to] = ['from', 'to'].map((name) => readField(form.elements[name].value))
    if (from < to) goTo(`?from=${from}&to=${to}`)
    else note.textContent = 'The beginning has to be before the end.'
  })

  // Keys on the graph: left and right move it by a half, + and - zoom.
  place.addEventListener('keydown', (event) => {
    const { from, to } = readAsked()
    const span = to - from
    const moves = {
      ArrowLeft: [from - span / 2, to - span / 2],
      ArrowRight: [from + span / 2, to + span / 2],
      '+': [from + span / 4, to - span / 4],
      '-': [from - span / 2, to + span / 2],
    }
    const move = moves[event.key]
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const now = Math.floor(Date.now() / 1000)
    const past = Math.max(0, move[1] - Math.max(to, now))
    goTo(`?from=${Math.max(0, Math.round(move[0] - past))}&to=${Math.round(move[1] - past)}`)
  })

  addEventListener('popstate', follow)
  document.addEventListener('monitor:refreshed', () => readTimeRange().live && load())
  document.addEventListener('monitor:theme', redrawWhole)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawWhole)

  function redrawWhole() {
    if (!shown) return
    plot?.destroy()
    plot = null
    draw(shown.columns, shown.from, shown.to)
  }

  let width = 0
  new ResizeObserver(() => {
    if (!plot || place.clientWidth === width) return
    width = place.clientWidth
    plot.setSize({ width, height: place.clientHeight })
  }).observe(place)

  load()
}
