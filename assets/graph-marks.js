// Events and limits on the graph of one metric, for graph.js, which it becomes one file with.
{
  const { formatTime } = globalThis.monitorUnits

  /** `readMarks` and `readShown` tell what there is and which time is shown, `colour` what a name looks like in the theme. */
  function describeMarks({ readMarks, readShown, colour }) {
    function withPen({ ctx, bbox }, act) {
      ctx.save()
      ctx.beginPath()
      ctx.rect(bbox.left, bbox.top - 4, bbox.width, bbox.height + 4)
      ctx.clip()
      act(ctx, bbox)
      ctx.restore()
    }

    function drawLimits(chart) {
      withPen(chart, (ctx, bbox) => {
        ctx.lineWidth = 1.25 * devicePixelRatio
        ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
        for (const { value, severity } of readMarks().limits) {
          if (value > chart.scales.y.max) continue
          const y = chart.valToPos(value, 'y', true)
          ctx.strokeStyle = colour(`severity-${severity}`)
          ctx.beginPath()
          ctx.moveTo(bbox.left, y)
          ctx.lineTo(bbox.left + bbox.width, y)
          ctx.stroke()
        }
      })
    }

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

    return { drawLimits, drawEvents, placeEvents }
  }

  globalThis.monitorMarks = { describeMarks }
}
