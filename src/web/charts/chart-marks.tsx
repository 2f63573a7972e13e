/** @jsxImportSource #markup */
import type { Severity } from '../../domain/event.ts'
import { severityShape } from '../ui/icons.tsx'
import type { Html } from '../ui/markup/html.ts'
import { HEAD } from './plot.ts'

export type TimeSpan = { readonly from: number; readonly to: number }

/** An event in the time of a chart. */
export type ChartMark = {
  readonly opened: number
  /** Null while it is open. */
  readonly closed: number | null
  readonly severity: Severity
  /**
   * The symbol at the time of the opening: the shape of the severity by default, none for null, or a link.
   */
  readonly sign?: ChartSign | null
}

export type ChartSign = { readonly severity: Severity; readonly href: string; readonly title: string }

/** A time of maintenance, shaded behind the lines. */
export type ChartBand = { readonly from: number; readonly to: number; readonly name: string }

export function drawBand(
  { from: start, to: end, name }: ChartBand,
  { from, to }: TimeSpan,
  height: number,
): Html {
  const share = (time: number) => ((Math.min(to, Math.max(from, time)) - from) / (to - from)) * 100
  const width = round(share(end) - share(start), 2)
  return (
    <rect
      class="maintenance-band"
      x={`${round(share(start), 2)}%`}
      width={`${width}%`}
      y={HEAD}
      height={height}
    >
      <title>Maintenance: {name}</title>
    </rect>
  )
}

/** How long an event was open as a bar along the top, and the shape of its severity where it opened. */
export function drawMark(
  { opened, closed, severity, sign }: ChartMark,
  { from, to }: TimeSpan,
  height: number,
  place: (time: number) => string,
): Html | null {
  if (opened > to || (closed !== null && closed < from)) return null
  const [start, end] = [Math.max(from, opened), Math.min(to, closed ?? to)]
  const [x1, x2] = [place(start), place(Math.max(start, end))]
  const bottom = HEAD + height
  const edge = (x: string) => <line x1={x} x2={x} y1={HEAD} y2={bottom} />
  return (
    <g class={`event-mark severity-${severity}`}>
      <line class="lasting" x1={x1} x2={x2} y1={HEAD} y2={HEAD} />
      {opened >= from && edge(x1)}
      {closed !== null && closed <= to && edge(x2)}
      {opened >= from && sign !== null && drawSign(x1, severity, sign)}
    </g>
  )
}

/** Pixels that a finger needs. */
const TOUCHED = 24

function drawSign(x: string, severity: Severity, sign: ChartSign | undefined): Html {
  const shape = (
    <svg
      class={`mark severity-${sign?.severity ?? severity}`}
      x={x}
      y={HEAD - 6}
      width="12"
      height="12"
      viewBox="8 0 16 16"
    >
      {severityShape(sign?.severity ?? severity)}
    </svg>
  )
  if (!sign) return shape
  return (
    <a class="event-link" href={sign.href} aria-label={sign.title}>
      <title>{sign.title}</title>
      <svg
        x={x}
        y={HEAD - TOUCHED / 2}
        width={TOUCHED}
        height={TOUCHED}
        viewBox={`${TOUCHED / 2} 0 ${TOUCHED} ${TOUCHED}`}
      >
        <rect class="touched" width={TOUCHED} height={TOUCHED} />
      </svg>
      {shape}
    </a>
  )
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))
