/** @jsxImportSource #markup */
import { type SeriesRef, writeRef } from '../../charts/series-ref.ts'
import type { FleetEntry } from '../../fleet/fleet.ts'
import { topsOf } from '../../fleet/rankings.ts'
import type { Html } from '../../ui/markup/html.ts'

/** What a page without a line offers at once: the first hosts of each ranking in one graph. */
export function graphStart(entries: readonly FleetEntry[]): Html | null {
  const offered = topsOf(entries).flatMap(({ name, metric, top }) => {
    const lines = top.flatMap((host) => {
      const path = metric(host)
      return path === null ? [] : [{ host: host.name, metric: path }]
    })
    return lines.length === 0 ? [] : [{ name, lines }]
  })
  if (offered.length === 0) return null
  const address = (lines: readonly SeriesRef[]) => {
    const query = new URLSearchParams({ range: '24h' })
    for (const line of lines) query.append('series', writeRef(line))
    return `/compare?${query}`
  }
  return (
    <section class="section panel">
      <h2>Busiest now</h2>
      <ul class="entries">
        {offered.map(({ name, lines }) => (
          <li>
            <a href={address(lines)}>
              <b>{name}</b>
              <span>{lines.map(({ host }) => host).join(', ')}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
