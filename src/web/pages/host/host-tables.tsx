/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { describeFull, type Forecast } from '../../../domain/hosts/capacity.ts'
import type { Filesystem } from '../../../domain/hosts/filesystems.ts'
import type { Host, HostStatus } from '../../../domain/hosts/host.ts'
import { metricUnit } from '../../../domain/metrics/metric.ts'
import { listSubjects } from '../../charts/host-charts.ts'
import { bar } from '../../ui/bar.tsx'
import { agoLabel, capitalize, metricPath } from '../../ui/components.tsx'
import { formatNumber, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/html.ts'
import { statusMark } from '../../ui/icons.tsx'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { eventLines } from '../events/event-list.tsx'
import { swapName } from './host-plan.ts'

/** The tables of a host's page. Each is null when the host has nothing of its kind. */

/** A value of the newest frame as a link to its graph; a dash where it has none. */
function valueLink({ name, latest }: Host, metric: string): Html {
  const value = latest[metric]
  if (value === undefined) return <span class="soft">–</span>
  return (
    <a class="plain" href={metricPath(name, metric)}>
      {formatValue(value, metricUnit(metric))}
    </a>
  )
}

/** Names and values below each other; what the host does not report is left out. */
function valueList(host: Host, names: Readonly<Record<string, string>>): Html | null {
  const known = Object.entries(names).filter(([metric]) => host.latest[metric] !== undefined)
  if (known.length === 0) return null
  return (
    <dl class="values">
      {known.map(([metric, name]) => (
        <div>
          <dt>{name}</dt>
          <dd>{valueLink(host, metric)}</dd>
        </div>
      ))}
    </dl>
  )
}

export const cpuTable = (host: Host) =>
  valueList(host, {
    'perf.processor.percent.user': 'User',
    'perf.processor.percent.system': 'System',
    'perf.processor.percent.iowait': 'I/O wait',
    'perf.processor.percent.steal': 'Steal',
    'perf.system.load.1': 'Load, 1 min',
    'perf.system.load.15': 'Load, 15 min',
    'perf.pressure.cpu.some.percent': 'CPU pressure',
    'perf.pressure.io.some.percent': 'I/O pressure',
    'perf.system.processes': 'Processes',
  })

export const memoryTable = (host: Host) =>
  valueList(host, {
    'perf.memory.bytes.used': 'Used',
    'perf.memory.bytes.available': 'Available',
    'perf.memory.bytes.cached': 'Cached',
    'perf.memory.bytes.total': 'Total',
    'perf.memory.percent.committed': 'Committed',
    'perf.pagefile.percent.used': capitalize(swapName(host)),
    'perf.pagefile.bytes.total': `${capitalize(swapName(host))}, total`,
    'perf.pressure.memory.some.percent': 'Memory pressure',
  })

export const agentTable = (host: Host) =>
  valueList(host, {
    'perf.agent.memory.bytes': 'Memory',
    'perf.agent.processor.seconds': 'CPU time per round',
    'perf.agent.queue.length': 'Samples waiting',
    'perf.agent.queue.dropped': 'Samples dropped',
    'perf.agent.queue.refused': 'Samples refused',
    'perf.agent.probe.failures': 'Failed probes',
  })

export type DiskRow = Filesystem & { readonly forecast: Forecast | null }

const DISK_COLUMNS: readonly ListColumn[] = [
  { name: 'Mounted at', breaks: true },
  { name: 'Bar', isPlain: true, className: 'disk-bar' },
  { name: 'Used', isNumber: true },
  { name: 'Free', isNumber: true },
  { name: 'Growth a day', isNumber: true },
  { name: 'Full', className: 'disk-full' },
]

export function diskTable(host: Host, disks: readonly DiskRow[], now: number): Html | null {
  if (disks.length === 0) return null
  const rows = disks.map(({ name, title, metric, used, free, forecast }) => ({
    key: `filesystem-${name}`,
    cells: [
      title,
      bar(used),
      valueLink(host, metric),
      free === null ? <span class="soft">–</span> : valueLink(host, `perf.filesystem.${name}.bytes.free`),
      forecast === null ? <span class="soft">–</span> : growth(forecast),
      forecast === null ? (
        <span class="soft">{used >= 100 ? 'now' : '–'}</span>
      ) : (
        capitalize(describeFull(forecast, now).replace(/^full /, ''))
      ),
    ],
  }))
  return listTable(DISK_COLUMNS, rows, { className: 'disks' })
}

const growth = ({ growth: { mid } }: Forecast) => `${mid >= 0.1 ? mid.toFixed(1) : mid.toFixed(2)}%`

const NETWORK_COLUMNS: readonly ListColumn[] = [
  { name: 'Interface', breaks: true },
  { name: 'Received', isNumber: true },
  { name: 'Sent', isNumber: true },
  { name: 'Errors', isNumber: true },
  { name: 'Drops', isNumber: true },
]

export function networkTable(host: Host): Html | null {
  const names = listSubjects(Object.keys(host.latest), 'network')
  if (names.length === 0) return null
  const rows = names.map((name) => ({
    key: `interface-${name}`,
    cells: [
      name,
      valueLink(host, `perf.network.${name}.bytes.received`),
      valueLink(host, `perf.network.${name}.bytes.sent`),
      bothWays(host, `perf.network.${name}.errors`),
      bothWays(host, `perf.network.${name}.drops`),
    ],
  }))
  return listTable(NETWORK_COLUMNS, rows)
}

/** In and out as one figure, which leads to the graph of the greater. */
function bothWays({ name, latest }: Host, part: string): Html {
  const ways = [`${part}.received`, `${part}.sent`].filter((metric) => latest[metric] !== undefined)
  const [worst] = ways.toSorted((a, b) => (latest[b] ?? 0) - (latest[a] ?? 0))
  if (worst === undefined) return <span class="soft">–</span>
  const sum = ways.reduce((all, metric) => all + (latest[metric] ?? 0), 0)
  return (
    <a class="plain" href={metricPath(name, worst)}>
      {formatValue(sum, metricUnit(worst))}
    </a>
  )
}

const STATE_COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Kind', className: 'soft' },
  { name: 'State' },
  { name: 'Details', className: 'soft' },
]

type Figures = Readonly<Record<string, (value: number) => string>>

/** What has a state, by the word in its metrics, and how people call it when it is 1 and when it is 0. */
const STATE_KINDS: Readonly<Record<string, { word: string; good: string; bad: string; figures: Figures }>> = {
  service: { word: 'service', good: 'Running', bad: 'Stopped', figures: {} },
  process: { word: 'process', good: 'Running', bad: 'Stopped', figures: {} },
  check: {
    word: 'check',
    good: 'OK',
    bad: 'Failed',
    figures: {
      milliseconds: (value) => `${formatNumber(Math.round(value))} ms`,
      'certificate.days': (value) => `certificate valid for ${formatNumber(Math.floor(value))} days`,
    },
  },
  container: {
    word: 'container',
    good: 'OK',
    bad: 'Failed',
    figures: {
      'processor.percent': (value) => `CPU ${formatValue(value, '%')}`,
      'memory.bytes': (value) => `memory ${formatValue(value, 'B')}`,
      'restarts.hour': (value) => (value > 0 ? `${formatNumber(value)} restarts in the last hour` : ''),
    },
  },
  textfile: { word: 'text file', good: 'OK', bad: 'Unreadable', figures: {} },
}

export function stateTable(host: Host, status: HostStatus): Html | null {
  const rows = Object.entries(STATE_KINDS).flatMap(([kind, { word, good, bad, figures }]) =>
    listSubjects(Object.keys(host.latest), kind, 'state').map((name) => {
      const metric = `perf.${kind}.${name}.state`
      const isGood = (host.latest[metric] ?? 0) >= 0.5
      const details = Object.entries(figures).flatMap(([figure, say]) => {
        const value = host.latest[`perf.${kind}.${name}.${figure}`]
        return value === undefined ? [] : [say(value)]
      })
      return {
        key: metric,
        isGood,
        cells: [
          <a href={metricPath(host.name, metric)}>{name}</a>,
          word,
          status === 'down' ? (
            <span class="soft">Unknown, last {(isGood ? good : bad).toLowerCase()}</span>
          ) : (
            <span class={`status ${isGood ? 'up' : 'down'}`}>
              {statusMark(isGood ? 'up' : 'down')}
              {isGood ? good : bad}
            </span>
          ),
          details.filter(Boolean).join(' · '),
        ],
      }
    }),
  )
  if (rows.length === 0) return null
  const hasChecks = rows.some(({ key }) => !/^perf\.(service|process)\./.test(key))
  const hasDetails = rows.some(({ cells }) => cells[3] !== '')
  const columns = hasDetails ? STATE_COLUMNS : STATE_COLUMNS.slice(0, 3)
  return (
    <section class="section" id="states">
      <h2>{hasChecks ? 'Services, processes and checks' : 'Services and processes'}</h2>
      {/* What is wrong comes first. */}
      {listTable(
        columns,
        rows.toSorted((a, b) => Number(a.isGood) - Number(b.isGood)),
      )}
    </section>
  )
}

export function openEventsOfHost(host: Host, events: readonly Event[], total: number, now: number): Html {
  if (events.length === 0) return <></>
  return (
    <section class="section first">
      <div class="section-head">
        <h2>Open events</h2>
        <a href={`/events?host=${encodeURIComponent(host.name)}`}>
          {total > events.length ? `All ${total}` : 'Events of this host'}
        </a>
      </div>
      {eventLines(events, ({ opened }) => agoLabel(opened, now))}
    </section>
  )
}

/** Every metric that the host ever had, with its newest value. */
export function metricList(host: Host, metrics: readonly string[]): Html {
  return (
    <details class="section" id="all-metrics">
      <summary>
        <h2>All metrics</h2> <span class="soft">{metrics.length}</span>
      </summary>
      <ul class="metrics">
        {metrics.map((metric) => {
          const value = host.latest[metric]
          return (
            <li>
              <a href={metricPath(host.name, metric)}>{metric}</a>
              <span class={value === undefined && 'soft'}>
                {value === undefined ? '–' : formatValue(value, metricUnit(metric))}
              </span>
            </li>
          )
        })}
      </ul>
    </details>
  )
}
