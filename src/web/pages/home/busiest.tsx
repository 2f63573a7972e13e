/** @jsxImportSource #markup */
import type { Severity } from '../../../domain/event.ts'
import { type FleetEntry, type FleetView, rememberOf } from '../../fleet/fleet.ts'
import type { OpenTime } from '../../fleet/fleet-events.ts'
import { bar } from '../../ui/bar.tsx'
import { hostPath, metricPath } from '../../ui/components.tsx'
import { formatClock, formatStamp, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

const SHOWN = 5

const RANKINGS = [
  { name: 'CPU', metric: () => 'perf.processor.percent.used', of: (host: FleetEntry) => host.processor },
  { name: 'Memory', metric: () => 'perf.memory.percent.used', of: (host: FleetEntry) => host.memory },
  {
    name: 'Fullest disk',
    metric: (host: FleetEntry) => host.diskMetric,
    of: (host: FleetEntry) => host.disk,
  },
  {
    name: 'I/O pressure',
    metric: () => 'perf.pressure.io.some.percent',
    of: (host: FleetEntry) => host.ioPressure,
  },
] as const

/** The first few by their value, without sorting ten thousand of them. */
function pickTop(entries: readonly FleetEntry[], of: (host: FleetEntry) => number | null): FleetEntry[] {
  const top: FleetEntry[] = []
  let least = Number.NEGATIVE_INFINITY
  for (const host of entries) {
    const value = host.isDown ? null : of(host)
    if (value === null || (top.length === SHOWN && value <= least)) continue
    const at = top.findIndex((other) => (of(other) ?? 0) < value)
    top.splice(at < 0 ? top.length : at, 0, host)
    top.length = Math.min(top.length, SHOWN)
    least = of(top[top.length - 1] ?? host) ?? least
  }
  return top
}

const topsOf = rememberOf((entries) =>
  RANKINGS.map((ranking) => ({ ...ranking, top: pickTop(entries, ranking.of) })),
)

/** The top hosts of each kind, in the colour of the event about it. Those that are down have no value of now. */
export function busiestView(entries: readonly FleetEntry[], view: FleetView): Html {
  return (
    <section class="card busiest">
      <h2>Busiest now</h2>
      <div class="rankings">
        {topsOf(entries).map(({ name, metric, of, top }) => {
          return top.length === 0 ? null : (
            <div>
              <h3>{name}</h3>
              <ol class="ranking">
                {top.map((host) => {
                  const path = metric(host)
                  const value = of(host) ?? 0
                  const severity = path === null ? null : view.severityOf(host.name, path)
                  return (
                    <li>
                      <a class="plain" href={hostPath(host.name)} title={host.name}>
                        {host.name}
                      </a>
                      {bar(value, severity)}
                      <a
                        class="plain number"
                        href={path === null ? hostPath(host.name) : metricPath(host.name, path)}
                      >
                        {formatValue(value, '%')}
                      </a>
                    </li>
                  )
                })}
              </ol>
            </div>
          )
        })}
      </div>
    </section>
  )
}

const SLOTS = 96
export const SLOT = 900

/** Slots of one link: hours that a finger can hit. */
const SLOTS_OF_LINK = 8

/** The worst severity of each quarter of an hour of the last day; a click leads to the events of its two hours. */
export function fleetStrip(times: readonly OpenTime[], now: number, kept: string): Html {
  const last = Math.floor(now / SLOT) * SLOT
  const begin = last - (SLOTS - 1) * SLOT
  const parts = Array.from({ length: SLOTS / SLOTS_OF_LINK }, (_, i) => begin + i * SLOTS_OF_LINK * SLOT)
  return (
    <section class="card fleet-strip">
      <h2>Fleet, last 24 hours</h2>
      <ul class="slots">
        {parts.map((from) => {
          const slots = Array.from({ length: SLOTS_OF_LINK }, (_, i) => findWorst(times, from + i * SLOT))
          const to = from + SLOTS_OF_LINK * SLOT
          const words = `${formatStamp(from)} to ${formatClock(to)}: ${describeSlots(slots)}`
          return (
            <li>
              <a href={`/events?status=all&from=${from}&to=${to}${kept}`} title={words}>
                <svg
                  width="100%"
                  height="26"
                  viewBox={`0 0 ${SLOTS_OF_LINK * 10} 10`}
                  preserveAspectRatio="none"
                  aria-hidden="true"
                >
                  {slots.map((worst, i) => (
                    <rect
                      class={worst === null ? 'slot' : `slot severity-${worst}`}
                      x={i * 10}
                      width="8"
                      height="10"
                    />
                  ))}
                </svg>
                <span class="visually-hidden">{words}</span>
              </a>
            </li>
          )
        })}
      </ul>
      <p class="slots-ends soft">
        <span>24 h ago</span>
        <span>now</span>
      </p>
    </section>
  )
}

function describeSlots(slots: readonly (Severity | null)[]): string {
  const worst = slots.reduce(
    (found, one) => (one !== null && (found === null || one < found) ? one : found),
    null,
  )
  return worst === null ? 'no events' : `worst: ${WORDS[worst]}`
}

const WORDS: Readonly<Record<Severity, string>> = {
  1: 'critical',
  2: 'major',
  3: 'warning',
  4: 'information',
}

function findWorst(times: readonly OpenTime[], start: number): Severity | null {
  let worst: Severity | null = null
  for (const { severity, opened, closed } of times)
    if (opened < start + SLOT && (closed === null || closed >= start) && (worst === null || severity < worst))
      worst = severity
  return worst
}
