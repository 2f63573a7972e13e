/** @jsxImportSource #markup */
import { type OpenByHost, SEVERITIES, SEVERITY_NAMES, type SeverityCounts } from '../../../domain/event.ts'
import { describeFull } from '../../../domain/hosts/capacity.ts'
import { findFullest } from '../../../domain/hosts/filesystems.ts'
import type { Host, HostSort } from '../../../domain/hosts/host.ts'
import { stateOfHost } from '../../../domain/hosts/host-state.ts'
import type { FleetView } from '../../fleet/fleet.ts'
import type { DiskForecasts } from '../../forecasts/disk-forecasts.ts'
import { agoLabel, hostPath, percentMeter, statusLabel, withParameters } from '../../ui/components.tsx'
import { formatStamp } from '../../ui/format.ts'
import { icon, severityMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'

export type HostTableOptions = {
  readonly hosts: readonly Host[]
  readonly open: OpenByHost
  readonly now: number
  readonly silence: number
  /** Says what will be full soon; without it nothing is foretold. */
  readonly forecasts?: Pick<DiskForecasts, 'peek'>
  /** Maintenance, and which metrics have an open event. */
  readonly view: Pick<FleetView, 'calendar' | 'severityOf'>
  /** Makes the heads links that sort; without it they are plain. */
  readonly order?: { readonly url: URL; readonly sort: HostSort; readonly isDescending: boolean }
}

type Column = {
  readonly sort: HostSort
  readonly name: string
  readonly className: string
  /** The greatest first at the first click: that is what people look for. */
  readonly startsHigh?: boolean
}

const COLUMNS: readonly Column[] = [
  { sort: 'status', name: 'Status', className: 'col-status' },
  { sort: 'name', name: 'Name', className: 'col-name' },
  { sort: 'events', name: 'Events', className: 'col-events phone-hidden' },
  { sort: 'ip', name: 'Address', className: 'col-ip phone-hidden' },
  { sort: 'domain', name: 'Domain', className: 'col-domain wide-only' },
  { sort: 'platform', name: 'Platform', className: 'col-platform phone-hidden' },
  { sort: 'processor', startsHigh: true, name: 'Processor', className: 'col-meter number' },
  { sort: 'memory', startsHigh: true, name: 'Memory', className: 'col-meter number' },
  { sort: 'disk', startsHigh: true, name: 'Fullest disk', className: 'col-meter number' },
  { sort: 'last_seen', name: 'Last reported', className: 'col-time number' },
]

/** Hosts one a row, as home and the list of hosts show them. */
export function hostTable(options: HostTableOptions): Html {
  return (
    <table class="table fixed hosts">
      <thead>
        <tr>{COLUMNS.map((column) => columnHead(column, options.order))}</tr>
      </thead>
      <tbody>{options.hosts.map((host) => hostRow(host, options))}</tbody>
    </table>
  )
}

function columnHead(
  { sort, name, className, startsHigh = false }: Column,
  order: HostTableOptions['order'],
): Html {
  if (!order)
    return (
      <th scope="col" class={className}>
        {name}
      </th>
    )
  const isCurrent = order.sort === sort
  const turnsDown = isCurrent ? !order.isDescending : startsHigh
  const href = withParameters(order.url, { sort, order: turnsDown ? 'desc' : null, offset: null })
  const direction = order.isDescending ? 'descending' : 'ascending'
  return (
    <th scope="col" class={className} aria-sort={isCurrent && direction}>
      <a href={href}>
        {name}
        {isCurrent && icon(order.isDescending ? 'down' : 'up')}
      </a>
    </th>
  )
}

/**
 * `Debian 12.7 · Linux`; the platform is not said twice where the build begins with it. An agent that is none of
 * ours is named: `Windows 10 · agent: original 2019`.
 */
export function describePlatform({ platform, build, agent }: Host): string {
  const parts = build.startsWith(platform) ? [build] : [build, platform]
  if (agent !== undefined) parts.push(`agent: ${agent}`)
  return parts.filter(Boolean).join(' · ')
}

function hostRow(host: Host, { open, now, silence, forecasts, view }: HostTableOptions): Html {
  const { latest } = host
  const { state, isDown, maintenance } = stateOfHost(host, view.calendar, { now, silence })
  const meter = (metric: string) => percentMeter(latest[metric], view.severityOf(host.name, metric))
  const events = openCounts(host.name, open.get(host.name))
  const platform = describePlatform(host)
  return (
    <tr data-key={`host-${host.name}`} class={isDown && 'is-old'}>
      <td
        class="col-status"
        title={
          maintenance && `In maintenance until ${formatStamp(maintenance.ends)}: ${maintenance.window.name}`
        }
      >
        {statusLabel(state)}
      </td>
      <th scope="row" class="col-name" title={host.name}>
        <a href={hostPath(host.name)}>{host.name}</a>
        <span class="sub">
          {events}
          {host.ip}
        </span>
      </th>
      <td class="col-events phone-hidden">{events}</td>
      <td class="col-ip phone-hidden" title={host.ip}>
        {host.ip}
      </td>
      <td class="col-domain wide-only" title={host.domain}>
        {host.domain}
      </td>
      <td class="col-platform phone-hidden" title={platform}>
        {platform}
      </td>
      <td class="col-meter number">{meter('perf.processor.percent.used')}</td>
      <td class="col-meter number">{meter('perf.memory.percent.used')}</td>
      {diskCell(host, now, forecasts, view)}
      <td class="col-time number">{agoLabel(host.lastSeen, now)}</td>
    </tr>
  )
}

/** What is emptier than that has time enough to be looked at elsewhere. */
const NEARLY_FULL = 80
const SOON = 14 * 86_400

/** The fullest filesystem, which the title names, and when it will be full where that is soon. */
function diskCell(
  host: Host,
  now: number,
  forecasts: HostTableOptions['forecasts'],
  view: HostTableOptions['view'],
): Html {
  const disk = findFullest(host)
  const forecast = disk && disk.used >= NEARLY_FULL ? forecasts?.peek(host.name, disk.metric) : null
  const soon = forecast ? describeFull(forecast, now, SOON) : ''
  return (
    <td class="col-meter number" title={disk && [disk.title, soon].filter(Boolean).join(', ')}>
      {percentMeter(disk?.used, disk && view.severityOf(host.name, disk.metric))}
      {soon !== '' && <span class="full-soon">{soon}</span>}
    </td>
  )
}

/** How many of each severity, the worst first, as one link to them; nothing where nothing is open. */
function openCounts(host: string, counts: SeverityCounts | undefined): Html | null {
  if (counts === undefined) return null
  const there = SEVERITIES.filter((severity) => counts[severity] > 0)
  const words = there.map((severity) => `${counts[severity]} ${SEVERITY_NAMES[severity]}`).join(', ')
  return (
    <a class="open-counts" href={`/events?host=${encodeURIComponent(host)}`} title={words}>
      <span class="visually-hidden">Open events of {host}: </span>
      {there.map((severity, i) => (
        <span>
          {severityMark(severity)}
          {counts[severity]}
          <span class="visually-hidden">
            {' '}
            {SEVERITY_NAMES[severity]}
            {i < there.length - 1 && ', '}
          </span>
        </span>
      ))}
    </a>
  )
}
