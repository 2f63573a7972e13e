// Events and thresholds on the graph of one metric.
import type uPlot from 'uplot'
import type { Severity } from '../../domain/event.ts'
import type { Unit } from '../../domain/metrics/unit.ts'
import type { GraphEvent, GraphMarks } from '../charts/plot.ts'
import { LABEL_GAP, spreadLabels } from '../charts/threshold-places.ts'
import { formatThreshold } from '../ui/format.ts'
import { SEVERITY_SHAPES } from '../ui/severity-shapes.ts'
import { letterSize, readColour } from './graph-style.ts'
import { times } from './times.ts'

/** By severity, in pixels, as assets/app/graph-marks.css has them. */
const DASHES: Readonly<Record<Severity, readonly number[]>> = { 1: [15, 4], 2: [9, 4], 3: [5, 4], 4: [2, 4] }
/** Pixels on the right of the field for labels, with letters of the usual size. */
const LABEL_ROOM = 62
/** Half of the last time of the axis needs this much. */
const BARE_ROOM = 20
/** Openings that are nearer to each other than this share one link, in pixels. */
const APART = 26

export type GraphMarkOptions = {
  readonly unit: Unit
  /** What there is to be marked now. */
  readMarks(): GraphMarks
  /** The time that the graph shows now. */
  readShown(): { readonly from: number; readonly to: number }
}

/** Hooks of uPlot that draw marks, and what stands of them in the document. */
export function describeMarks({ unit, readMarks, readShown }: GraphMarkOptions) {
  const colourOf = (chart: uPlot, severity: Severity) => readColour(chart.root, `severity-${severity}`)

  /** The thresholds within the scale, the least first. */
  const listThresholds = ({ scales: { y } }: uPlot) =>
    readMarks().thresholds.filter(
      ({ value }) => value > (y?.min ?? Number.POSITIVE_INFINITY) && value <= (y?.max ?? 0),
    )

  function drawThresholds(chart: uPlot) {
    withPen(chart, (pen, { left, width }) => {
      pen.lineWidth = 1.25 * devicePixelRatio
      for (const { value, severity } of listThresholds(chart)) {
        const y = chart.valToPos(value, 'y', true)
        pen.strokeStyle = colourOf(chart, severity)
        pen.setLineDash(DASHES[severity].map((length) => length * devicePixelRatio))
        drawLine(pen, [left, y], [left + width, y])
      }
    })
  }

  /** The shape of its severity and the value of each threshold, on the right of the field. */
  function labelThresholds(chart: uPlot) {
    const { ctx: pen, bbox } = chart
    const size = letterSize() * devicePixelRatio
    const thresholds = listThresholds(chart)
    const heights = thresholds.map(({ value }) => chart.valToPos(value, 'y', true))
    const places = spreadLabels(heights, bbox.top - 4 * size, LABEL_GAP * size)
    const left = bbox.left + bbox.width + 7 * size
    pen.save()
    pen.font = `${11 * size}px ${getComputedStyle(chart.root).fontFamily}`
    pen.textAlign = 'left'
    pen.textBaseline = 'middle'
    for (const [i, { value, severity }] of thresholds.entries()) {
      const y = places[i] ?? 0
      pen.save()
      pen.translate(left, y - 5.5 * size)
      pen.scale((11 / 16) * size, (11 / 16) * size)
      pen.fillStyle = colourOf(chart, severity)
      pen.fill(new Path2D(SEVERITY_SHAPES[severity].outline))
      pen.restore()
      pen.fillStyle = readColour(chart.root, 'soft')
      pen.fillText(formatThreshold(value, unit), left + 15 * size, y)
    }
    pen.restore()
  }

  /** How long each event was open as a bar along the top, and where it began and ended. */
  function drawEvents(chart: uPlot) {
    const { from, to } = readShown()
    withPen(chart, (pen, { top, height }) => {
      for (const { severity, opened, closed } of readMarks().events) {
        if (opened > to || (closed !== null && closed < from)) continue
        const start = chart.valToPos(Math.max(from, opened), 'x', true)
        const end = chart.valToPos(Math.min(to, closed ?? to), 'x', true)
        pen.strokeStyle = colourOf(chart, severity)
        pen.lineWidth = 4 * devicePixelRatio
        drawLine(pen, [start, top], [Math.max(end, start + devicePixelRatio), top])
        pen.lineWidth = devicePixelRatio
        pen.globalAlpha = 0.55
        pen.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
        if (opened >= from) drawLine(pen, [start, top], [start, top + height])
        if (closed !== null && closed <= to) drawLine(pen, [end, top], [end, top + height])
        pen.globalAlpha = 1
        pen.setLineDash([])
      }
    })
  }

  /** Openings as links; those that would touch share one, which leads to the list below. */
  function placeEvents(chart: uPlot) {
    for (const old of chart.over.querySelectorAll('.event-link')) old.remove()
    const { from, to } = readShown()
    const opened = readMarks().events.filter((event) => event.opened >= from && event.opened <= to)
    for (const { left, events } of groupByPlace(chart, opened)) {
      const link = makeLink(events)
      if (!link) continue
      link.style.left = `${left}px`
      chart.over.append(link)
    }
  }

  return {
    listThresholds,
    drawThresholds,
    labelThresholds,
    drawEvents,
    placeEvents,
    /** Pixels on the right of the field. */
    sideRoom: (chart: uPlot) => (listThresholds(chart).length > 0 ? LABEL_ROOM : BARE_ROOM) * letterSize(),
  }
}

type Point = readonly [x: number, y: number]

function drawLine(pen: CanvasRenderingContext2D, start: Point, end: Point) {
  pen.beginPath()
  pen.moveTo(...start)
  pen.lineTo(...end)
  pen.stroke()
}

/** Draws within the field alone. */
function withPen({ ctx, bbox }: uPlot, draw: (pen: CanvasRenderingContext2D, field: uPlot.BBox) => void) {
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top - 4, bbox.width, bbox.height + 4)
  ctx.clip()
  draw(ctx, bbox)
  ctx.restore()
}

type EventGroup = { readonly left: number; readonly events: GraphEvent[] }

function groupByPlace(chart: uPlot, events: readonly GraphEvent[]): EventGroup[] {
  const groups: EventGroup[] = []
  for (const event of events.toSorted((a, b) => a.opened - b.opened)) {
    const left = chart.valToPos(event.opened, 'x')
    const last = groups.at(-1)
    if (last && left - last.left < APART) last.events.push(event)
    else groups.push({ left, events: [event] })
  }
  return groups
}

function makeLink(events: readonly GraphEvent[]): HTMLAnchorElement | null {
  const worst = events.toSorted((a, b) => a.severity - b.severity)[0]
  const shape = worst && document.querySelector(`#events-here [data-key="event-${worst.id}"] svg`)
  if (!shape) return null
  const link = document.createElement('a')
  link.className = 'event-link'
  link.href = events.length === 1 ? `/events/${worst.id}` : '#events-here'
  const words = events.length === 1 ? worst.message : `${events.length} events`
  link.title = `${words}, ${times.format(worst.opened, 'stamp')}`
  link.setAttribute('aria-label', link.title)
  link.append(shape.cloneNode(true))
  // A press on it is no beginning of a zoom.
  link.addEventListener('mousedown', (press) => press.stopPropagation())
  return link
}
