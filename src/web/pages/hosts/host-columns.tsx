/** @jsxImportSource #markup */
import { type OpenByHost, SEVERITIES, SEVERITY_NAMES, type SeverityCounts } from '../../../domain/event.ts'
import { describeFull } from '../../../domain/hosts/capacity.ts'
import { findFullest } from '../../../domain/hosts/filesystems.ts'
import type { Host, HostSort } from '../../../domain/hosts/host.ts'
import { describeStates, type OpenPeriod } from '../../../domain/hosts/state-history.ts'
import type { NumberUnit } from '../../../domain/metrics/unit.ts'
import type { HostColumn } from '../../../domain/users/preferences.ts'
import { stateStrip } from '../../charts/state-strip.tsx'
import type { FleetView } from '../../fleet/fleet.ts'
import type { DiskForecasts } from '../../forecasts/disk-forecasts.ts'
import { agoLabel, hostPath, percentMeter, statusLabel, tintOf } from '../../ui/components.tsx'
import { formatStamp, formatValue } from '../../ui/format.ts'
import { severityMark } from '../../ui/icons.tsx'
import type { Html } from '../../ui/markup/html.ts'

export type HostTableOptions = {
  readonly hosts: readonly Host[]
  readonly open: OpenByHost
  /** When their events of the last day were open. */
  readonly times: ReadonlyMap<string, readonly OpenPeriod[]>
  readonly columns: readonly HostColumn[]
  /** Nobody chose them: those that have no room are left out. */
  readonly isUsual: boolean
  readonly now: number
  /** Says what will be full soon. */
  readonly forecasts: Pick<DiskForecasts, 'peek'>
  /** How each host is counted, its maintenance, and which metrics have an open event. */
  readonly view: Pick<FleetView, 'calendar' | 'stateOf' | 'severityOf'>
  readonly order: { readonly url: URL; readonly sort: HostSort; readonly isDescending: boolean }
}

/** A column of the list of hosts. */
export type Column = {
  readonly key: 'status' | 'name' | HostColumn
  readonly name: string
  readonly className: string
  /** The order that a click on its heading selects; null where there is none. */
  readonly sort: HostSort | null
  /** The greatest first at the first click: that is what people look for. */
  readonly startsHigh?: boolean
  readonly cell: (host: Host, options: HostTableOptions) => Html | string
  /** The whole text, where it may be cut off. */
  readonly title?: (host: Host, options: HostTableOptions) => string
}

const meter =
  (metric: string) =>
  (host: Host, { view }: HostTableOptions) =>
    percentMeter(host.latest[metric], view.severityOf(host.name, metric))

const dash = <span class="soft">–</span>

const figure = (value: number | undefined, unit: NumberUnit): Html | string =>
  value === undefined ? dash : formatValue(value, unit)

/** The newest value of a metric, in the colour of the open event about it. */
const newest =
  (metric: string, unit: NumberUnit) =>
  ({ name, latest }: Host, { view }: HostTableOptions) => {
    const severity = view.severityOf(name, metric)
    const words = figure(latest[metric], unit)
    return severity === null ? words : <span class={tintOf(severity)}>{words}</span>
  }

/** Received and sent together, as the map of hosts has it. */
function trafficOf({ latest }: Host): number | undefined {
  const values = [latest['perf.network.bytes.received'], latest['perf.network.bytes.sent']]
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0)
}

/** The columns that users choose from, in the order in which they are shown. */
export const COLUMNS: readonly Column[] = [
  {
    key: 'events',
    name: 'Events',
    className: 'col-events phone-hidden',
    sort: 'events',
    cell: (host, { open }) => openCounts(host.name, open.get(host.name)) ?? '',
  },
  { key: 'day', name: 'Last 24 h', className: 'col-day phone-hidden', sort: null, cell: dayStrip },
  {
    key: 'ip',
    name: 'Address',
    className: 'col-ip phone-hidden',
    sort: 'ip',
    cell: ({ ip }) => ip,
    title: ({ ip }) => ip,
  },
  {
    key: 'domain',
    name: 'Domain',
    className: 'col-domain phone-hidden',
    sort: 'domain',
    cell: ({ domain }) => domain,
    title: ({ domain }) => domain,
  },
  {
    key: 'groups',
    name: 'Groups',
    className: 'col-groups phone-hidden',
    sort: null,
    cell: ({ groups }) => groups.join(', '),
    title: ({ groups }) => groups.join(', '),
  },
  {
    key: 'platform',
    name: 'Platform',
    className: 'col-platform phone-hidden',
    sort: 'platform',
    cell: describePlatform,
    title: describePlatform,
  },
  {
    key: 'uptime',
    name: 'Uptime',
    className: 'col-figure number phone-hidden',
    sort: null,
    cell: newest('perf.system.uptime.seconds', 's'),
  },
  {
    key: 'load',
    name: 'Load',
    className: 'col-figure number phone-hidden',
    sort: null,
    cell: newest('perf.system.load.1', ''),
  },
  {
    key: 'processor',
    name: 'CPU',
    className: 'col-meter col-processor number',
    sort: 'processor',
    startsHigh: true,
    cell: meter('perf.processor.percent.used'),
  },
  {
    key: 'memory',
    name: 'Memory',
    className: 'col-meter number',
    sort: 'memory',
    startsHigh: true,
    cell: meter('perf.memory.percent.used'),
  },
  {
    key: 'disk',
    name: 'Fullest disk',
    className: 'col-meter number',
    sort: 'disk',
    startsHigh: true,
    cell: diskMeter,
    title: (host, options) => [findFullest(host)?.title, fullSoon(host, options)].filter(Boolean).join(', '),
  },
  {
    key: 'network',
    name: 'Network',
    className: 'col-figure col-network number phone-hidden',
    sort: 'network',
    startsHigh: true,
    cell: (host) => figure(trafficOf(host), 'B/s'),
  },
  {
    key: 'last_seen',
    name: 'Last seen',
    className: 'col-time number',
    sort: 'last_seen',
    cell: ({ lastSeen }, { now }) => agoLabel(lastSeen, now),
  },
]

export const STATUS: Column = {
  key: 'status',
  name: 'Status',
  className: 'col-status',
  sort: 'status',
  cell: (host, { view }) => statusLabel(view.stateOf(host).state),
  title: (host, { view }) => {
    const { maintenance } = view.stateOf(host)
    return maintenance === null
      ? ''
      : `In maintenance until ${formatStamp(maintenance.ends)}: ${maintenance.window.name}`
  },
}

/** The displayed name of a column. */
export const columnName = (key: HostColumn): string =>
  COLUMNS.find((column) => column.key === key)?.name ?? key

/**
 * `Debian 12.7 · Linux`; the platform is not repeated where the build begins with it. An agent that is not
 * one of ours is named: `Windows 10 · agent: original 2019`.
 */
export function describePlatform({ platform, build, agent }: Host): string {
  const parts = build.startsWith(platform) ? [build] : [build, platform]
  if (agent !== undefined) parts.push(`agent: ${agent}`)
  return parts.filter(Boolean).join(' · ')
}

export const NAME: Column = {
  key: 'name',
  name: 'Name',
  className: 'col-name',
  sort: 'name',
  cell: (host, { open }) => (
    <>
      <a href={hostPath(host.name)}>{host.name}</a>
      <span class="sub">
        {openCounts(host.name, open.get(host.name))}
        {host.ip}
      </span>
    </>
  ),
  title: ({ name }) => name,
}

const DAY = 86_400
/** Half an hour each. */
const DAY_SLOTS = 48
/** Seconds of a slot of the strips. */
export const STRIP_SLOT = DAY / DAY_SLOTS

/** The worst state of each half an hour of the last day, as a link to that day. */
function dayStrip(host: Host, { times, view, now }: HostTableOptions): Html {
  const history = describeStates({
    host,
    times: times.get(host.name) ?? [],
    calendar: view.calendar,
    from: now - DAY,
    to: now,
    slots: DAY_SLOTS,
  })
  const href = `${hostPath(host.name)}?range=24h`
  return stateStrip(history, { name: `Last 24 hours of ${host.name}`, href, isSmall: true })
}

/**
 * A filesystem with less usage, in per cent, has no forecast here: there is enough time to see it elsewhere.
 */
const NEARLY_FULL = 80
const SOON = 14 * DAY

/** When the fullest filesystem will be full, where that is soon; empty where it is not. */
function fullSoon(host: Host, { forecasts, now }: HostTableOptions): string {
  const disk = findFullest(host)
  const forecast = disk !== null && disk.used >= NEARLY_FULL ? forecasts.peek(host.name, disk.metric) : null
  return forecast ? describeFull(forecast, now, SOON) : ''
}

/** The fullest filesystem, which the title names. */
function diskMeter(host: Host, options: HostTableOptions): Html {
  const disk = findFullest(host)
  const soon = fullSoon(host, options)
  return (
    <>
      {percentMeter(disk?.used, disk && options.view.severityOf(host.name, disk.metric))}
      {soon !== '' && <span class="full-soon">{soon}</span>}
    </>
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
