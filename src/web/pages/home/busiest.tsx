/** @jsxImportSource #markup */
import type { FleetEntry, FleetView } from '../../fleet/fleet.ts'
import { topsOf } from '../../fleet/rankings.ts'
import { bar } from '../../ui/bar.tsx'
import { hostPath, metricPath, tintOf } from '../../ui/components.tsx'
import { formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

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
