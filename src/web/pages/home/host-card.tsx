/** @jsxImportSource #markup */
import type { FleetEntry, FleetView } from '../../fleet/fleet.ts'
import { notFound, route } from '../../http/route.ts'
import { type EventView, viewEvents } from '../../problems/event-view.ts'
import { agoLabel, spokenMark, statusLabel, tintOf, untilLabel } from '../../ui/components.tsx'
import { formatCount, formatValue } from '../../ui/format.ts'
import { keepUnits } from '../../ui/keep-units.ts'
import type { Html } from '../../ui/markup/html.ts'
import { type Fill, readFill } from './host-map.tsx'

/**
 * The details of a host, shown while the pointer or the focus is on its cell of the map. A script requests
 * them.
 */

/** The worst open events of a host, among which the oldest is looked for. */
const LOOKED_AT = 100

export const hostCard = route({ path: '/fleet/:name', access: 'viewer' }, async (request) => {
  const { params, url, now, web } = request
  const { byName, severityOf } = await web.fleet.read()
  const host = byName.get(params.name ?? '')
  if (host === undefined) throw notFound('host')
  const fill = readFill(url)
  const metric = lineOf(fill, host)
  const [{ events, total }, line] = await Promise.all([
    web.store.events.list({ host: host.name, status: 'open', order: 'severity', limit: LOOKED_AT }),
    metric === null ? null : web.sparks.ofMetric(host.name, metric),
  ])
  const [worst] = events.toSorted((one, other) => one.severity - other.severity || one.opened - other.opened)
  const [view] = worst === undefined ? [] : await viewEvents([worst], web, now)
  return cardView({ host, fill, line, view: view ?? null, more: total - 1, severityOf, now })
})

/** The metric that fills the cell; that of the CPU where cells show the state alone. */
function lineOf({ key }: Fill, host: FleetEntry): string | null {
  if (key === 'disk') return host.diskMetric
  if (key === 'memory') return 'perf.memory.percent.used'
  return key === 'network' ? 'perf.network.bytes.received' : 'perf.processor.percent.used'
}

const LINE_NAMES = {
  cpu: 'CPU',
  memory: 'Memory',
  disk: 'Fullest disk',
  network: 'Network receiving',
  state: 'CPU',
} as const

type HostCard = {
  readonly host: FleetEntry
  readonly fill: Fill
  readonly line: Html | null
  readonly view: EventView | null
  readonly more: number
  readonly severityOf: FleetView['severityOf']
  readonly now: number
}

function cardView({ host, fill, line, view, more, severityOf, now }: HostCard): Html {
  const values = [
    ['CPU', host.processor, '%', 'perf.processor.percent.used'],
    ['Memory', host.memory, '%', 'perf.memory.percent.used'],
    ['Disk', host.disk, '%', host.diskMetric],
    ['Network', host.network, 'B/s', null],
  ] as const
  return (
    <>
      <p class="card-head">
        <b>{host.name}</b> {statusLabel(host.state)}
        {host.isDown && <span class="soft"> last seen {agoLabel(host.lastSeen, now)}</span>}
      </p>
      {host.maintenance !== null && (
        <p class="soft">
          In maintenance until {untilLabel(host.maintenance.ends, now)}: {host.maintenance.window.name}
        </p>
      )}
      {view !== null && (
        <p class="card-event">
          {spokenMark(view.event.severity)} {keepUnits(view.problem.what)}
          {view.problem.detail !== null && <span class="soft"> {keepUnits(view.problem.detail)}</span>}
          {more > 0 && <span class="soft"> and {formatCount(more, 'more event')}</span>}
        </p>
      )}
      <dl class={host.isDown ? 'card-values soft' : 'card-values'}>
        {values.map(([name, value, unit, metric]) => (
          <div>
            <dt>{name}</dt>
            <dd class={metric !== null && !host.isDown && tintOf(severityOf(host.name, metric))}>
              {value === null ? '–' : formatValue(value, unit)}
            </dd>
          </div>
        ))}
      </dl>
      {line !== null && (
        <>
          {line}
          <p class="card-line soft">{LINE_NAMES[fill.key]}, last 24 hours</p>
        </>
      )}
    </>
  )
}
