/** @jsxImportSource #markup */
import { type FleetEntry, type FleetView, rememberOf } from '../../fleet/fleet.ts'
import { bar } from '../../ui/bar.tsx'
import { hostPath, metricPath, tintOf } from '../../ui/components.tsx'
import { formatValue } from '../../ui/format.ts'
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
  const rankings = topsOf(entries).filter(({ top }) => top.length > 0)
  return (
    <section class="card busiest">
      <h2>Busiest now</h2>
      {rankings.length === 0 && <p class="soft">No host reports values now.</p>}
      <div class="rankings">
        {rankings.map(({ name, metric, of, top }) => {
          return (
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
                        <span class={tintOf(severity)}>{formatValue(value, '%')}</span>
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
