// Events and limits on the graph of one metric, for graph.js, which it becomes one file with.
{
  const { formatTime } = globalThis.monitorUnits

  /** By severity, in pixels, as assets/app/graph-marks.css has them. */
  const DASHES = { 1: [15, 4], 2: [9, 4], 3: [5, 4], 4: [2, 4] }
  /** As src/web/icons.ts has them, on a field of 16. */
  const SHAPES = {
    1: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z',
    2: 'M8 .8 15.2 8 8 15.2.8 8z',
    3: 'M8 1.5 15.3 14.5H.7z',
    4: 'M1 8a7 7 0 1 0 14 0a7 7 0 1 0-14 0z',
  }
  const LABEL_ROOM = 62

  /** As src/web/chart-limits.ts does it. */
  function spreadLabels(heights, top, gap) {
    const placed = []
    for (const height of heights) placed.push(Math.min(height, (placed.at(-1) ?? Infinity) - gap))
    for (let i = placed.length - 1, least = top; i >= 0; i--, least += gap)
      placed[i] = Math.max(placed[i], least)
    return placed
  }

  /** `readMarks` and `readShown` tell what there is and which time is shown, `colour` what a name looks like in the theme, `letterSize` how large letters are. */
  function describeMarks({ readMarks, readShown, colour, letterSize }) {
    function withPen({ ctx, bbox }, act) {
      ctx.save()
      ctx.beginPath()
      ctx.rect(bbox.left, bbox.top - 4, bbox.width, bbox.height + 4)
      ctx.clip()
      act(ctx, bbox)
      ctx.restore()
    }

    function drawThresholds(chart) {
      withPen(chart, (ctx, bbox) => {
        ctx.lineWidth = 1.25 * devicePixelRatio
        for (const { value, severity } of listLimits(chart)) {
          const y = chart.valToPos(value, 'y', true)
          ctx.strokeStyle = colour(`severity-${severity}`)
          ctx.setLineDash(DASHES[severity].map((length) => length * devicePixelRatio))
          ctx.beginPath()
          ctx.moveTo(bbox.left, y)
          ctx.lineTo(bbox.left + bbox.width, y)
          ctx.stroke()
        }
      })
    }

    /** The limits within the scale, the least first. */
    const listLimits = ({ scales: { y } }) =>
      readMarks().thresholds.filter(({ value }) => value > y.min && value <= y.max)

    /** The shape of its severity and the value of each limit, on the right of the field. */
    function labelLimits(chart) {
      const { ctx, bbox } = chart
      const size = letterSize() * devicePixelRatio
      const limits = listLimits(chart)
      const heights = limits.map(({ value }) => chart.valToPos(value, 'y', true))
      const places = spreadLabels(heights, bbox.top - 4 * size, 12.5 * size)
      ctx.save()
      ctx.font = `${11 * size}px ${getComputedStyle(chart.root).fontFamily}`
      ctx.textAlign = 'left'
      ctx.textBaseline = 'middle'
      for (const [i, { severity, label }] of limits.entries()) {
        const left = bbox.left + bbox.width + 7 * size
        ctx.save()
        ctx.translate(left, places[i] - 5.5 * size)
        ctx.scale((11 / 16) * size, (11 / 16) * size)
        ctx.fillStyle = colour(`severity-${severity}`)
        ctx.fill(new Path2D(SHAPES[severity]))
        ctx.restore()
        ctx.fillStyle = colour('soft')
        ctx.fillText(label, left + 15 * size, places[i])
      }
      ctx.restore()
    }

    /** Pixels on the right of the field: for the labels of limits, else for half of the last time of the axis. */
    const sideRoom = (chart) => (listLimits(chart).length > 0 ? LABEL_ROOM : 20) * letterSize()

    /** How long each event was open as a bar along the top, and where it began and ended. */
    function drawEvents(chart) {
      const { from, to } = readShown()
      withPen(chart, (ctx, bbox) => {
        for (const { severity, opened, closed } of readMarks().events) {
          if (opened > to || (closed !== null && closed < from)) continue
          const [start, end] = [Math.max(from, opened), Math.min(to, closed ?? to)].map((time) =>
            chart.valToPos(time, 'x', true),
          )
          ctx.strokeStyle = colour(`severity-${severity}`)
          ctx.lineWidth = 4 * devicePixelRatio
          ctx.beginPath()
          ctx.moveTo(start, bbox.top)
          ctx.lineTo(Math.max(end, start + devicePixelRatio), bbox.top)
          ctx.stroke()
          ctx.lineWidth = devicePixelRatio
          ctx.globalAlpha = 0.55
          ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
          for (const [time, x] of [
            [opened, start],
            [closed, end],
          ]) {
            if (time === null || time < from || time > to) continue
            ctx.beginPath()
            ctx.moveTo(x, bbox.top)
            ctx.lineTo(x, bbox.top + bbox.height)
            ctx.stroke()
          }
          ctx.globalAlpha = 1
          ctx.setLineDash([])
        }
      })
    }

    /** Openings as links; those that would touch share one, which leads to the list below. */
    function placeEvents(chart) {
      const APART = 26
      for (const old of chart.over.querySelectorAll('.event-link')) old.remove()
      const groups = []
      const { from, to } = readShown()
      for (const event of [...readMarks().events].sort((a, b) => a.opened - b.opened)) {
        const { opened } = event
        if (opened < from || opened > to) continue
        const left = chart.valToPos(opened, 'x')
        const last = groups.at(-1)
        if (last && left - last.left < APART) last.events.push(event)
        else groups.push({ left, events: [event] })
      }
      for (const { left, events } of groups) {
        const worst = [...events].sort((a, b) => a.severity - b.severity)[0]
        const shape = document.querySelector(`#events-here [data-key="event-${worst.id}"] svg`)
        if (!shape) continue
        const link = document.createElement('a')
        link.className = 'event-link'
        link.href = events.length === 1 ? `/events/${worst.id}` : '#events-here'
        const words = events.length === 1 ? worst.message : `${events.length} events`
        link.title = `${words}, ${formatTime(worst.opened, 'stamp')}`
        link.setAttribute('aria-label', `${link.title}`)
        link.style.left = `${left}px`
        link.append(shape.cloneNode(true))
        // A press on it is no beginning of a zoom.
        link.addEventListener('mousedown', (press) => press.stopPropagation())
        chart.over.append(link)
      }
    }

    return { listLimits, drawThresholds, labelLimits, sideRoom, drawEvents, placeEvents }
  }

  globalThis.monitorMarks = { describeMarks }
}
