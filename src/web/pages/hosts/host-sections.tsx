/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { metricUnit } from '../../../domain/metrics/metric.ts'
import type { ReportedThreshold } from '../../../domain/thresholds/reported-threshold.ts'
import { describeDuration } from '../../../domain/time/duration.ts'
import { listSubjects } from '../../charts/host-charts.ts'
import { bar } from '../../ui/bar.tsx'
import { agoLabel, metricPath, severityLabel } from '../../ui/components.tsx'
import { formatThreshold, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/html.ts'
import { statusMark } from '../../ui/icons.tsx'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { eventLines } from '../events/event-list.tsx'

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

const FILESYSTEM_COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Bar', isPlain: true, className: 'grows' },
  { name: 'Used', isNumber: true },
  { name: 'Free', isNumber: true },
  { name: 'Inodes', isNumber: true },
  { name: 'Active', isNumber: true },
]

export function filesystemTable(host: Host): Html | null {
  const names = listSubjects(Object.keys(host.latest), 'filesystem')
  if (names.length === 0) return null
  const rows = names.map((name) => {
    const part = `perf.filesystem.${name}`
    const used = host.latest[`${part}.percent.used`]
    const figures = ['percent.used', 'bytes.free', 'inodes.percent.used', 'percent.active']
    return {
      key: `filesystem-${name}`,
      cells: [
        name,
        used !== undefined && bar(used),
        ...figures.map((figure) => valueLink(host, `${part}.${figure}`)),
      ],
    }
  })
  return (
    <section class="section">
      <h2>Filesystems</h2>
      {listTable(FILESYSTEM_COLUMNS, rows)}
    </section>
  )
}

const NETWORK_COLUMNS: readonly ListColumn[] = [
  { name: 'Interface', breaks: true },
  { name: 'Received', isNumber: true },
  { name: 'Sent', isNumber: true },
  { name: 'Errors in', isNumber: true },
  { name: 'Errors out', isNumber: true },
  { name: 'Drops in', isNumber: true },
  { name: 'Drops out', isNumber: true },
]

export function networkTable(host: Host): Html | null {
  const names = listSubjects(Object.keys(host.latest), 'network')
  if (names.length === 0) return null
  const rows = names.map((name) => ({
    key: `interface-${name}`,
    cells: [
      name,
      ...['bytes', 'errors', 'drops'].flatMap((figure) =>
        ['received', 'sent'].map((way) => valueLink(host, `perf.network.${name}.${figure}.${way}`)),
      ),
    ],
  }))
  return (
    <section class="section">
      <h2>Network</h2>
      {listTable(NETWORK_COLUMNS, rows)}
    </section>
  )
}

const STATE_COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Kind', className: 'soft' },
  { name: 'State' },
]

/** What has a state, by the word in its metrics, and how people call it when it is 1 and when it is 0. */
const STATE_KINDS = {
  service: { word: 'service', good: 'Running', bad: 'Stopped' },
  process: { word: 'process', good: 'Running', bad: 'Stopped' },
  check: { word: 'check', good: 'Good', bad: 'Failed' },
  container: { word: 'container', good: 'Good', bad: 'Failed' },
  textfile: { word: 'text file', good: 'Good', bad: 'Broken' },
} as const

export function stateTable(host: Host): Html | null {
  const rows = Object.entries(STATE_KINDS).flatMap(([kind, words]) =>
    listSubjects(Object.keys(host.latest), kind, 'state').map((name) => {
      const metric = `perf.${kind}.${name}.state`
      const status = (host.latest[metric] ?? 0) >= 0.5 ? 'up' : 'down'
      return {
        key: metric,
        cells: [
          <a href={metricPath(host.name, metric)}>{name}</a>,
          words.word,
          <span class={`status ${status}`}>
            {statusMark(status)}
            {status === 'up' ? words.good : words.bad}
          </span>,
        ],
      }
    }),
  )
  if (rows.length === 0) return null
  const hasChecks = rows.some(({ key }) => !/^perf\.(service|process)\./.test(key))
  return (
    <section class="section">
      <h2>{hasChecks ? 'Services, processes and checks' : 'Services and processes'}</h2>
      {listTable(STATE_COLUMNS, rows)}
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

/** What its agent judges by; null when that told nothing. */
export function thresholdTable(reported: readonly ReportedThreshold[] | null): Html {
  return (
    <details class="section" id="thresholds">
      <summary>
        <h2>Thresholds</h2>
        {reported !== null && (
          <>
            {' '}
            <span class="soft">{reported.length}</span>
          </>
        )}
      </summary>
      {reported === null ? (
        <p class="soft">
          This agent does not report its thresholds. Those of the original product never do; then graphs show
          the limits that events have named.
        </p>
      ) : (
        describeReported(reported)
      )}
    </details>
  )
}

const THRESHOLD_COLUMNS: readonly ListColumn[] = [
  { name: 'Severity' },
  { name: 'Metric', namesRow: true, breaks: true },
  { name: 'Condition' },
  { name: 'For' },
  { name: 'From', className: 'soft' },
]

function describeReported(reported: readonly ReportedThreshold[]): Html {
  if (reported.length === 0)
    return (
      <p class="soft">
        This agent has no thresholds: it has none in its configuration, and those out of the box are switched
        off there.
      </p>
    )
  const rows = reported.map((threshold, i) => ({
    key: `threshold-${i}`,
    cells: [
      severityLabel(threshold.severity),
      <code>{threshold.metric}</code>,
      describeCondition(threshold),
      threshold.duration === 0 ? 'one sample' : describeDuration(threshold.duration),
      threshold.isStandard ? 'standard' : 'configuration',
    ],
  }))
  return (
    <>
      <p class="soft" id="threshold-table">
        Set on the agent and changed in the agent’s configuration. Those that name a metric win over patterns,
        and those of the configuration over the standard ones.
      </p>
      {listTable(THRESHOLD_COLUMNS, rows)}
    </>
  )
}

/** `> 95%`, and how it ends where that is said. */
function describeCondition({ metric, compare, value, clearValue, clearAfter }: ReportedThreshold): Html {
  // Between running and stopped there is nothing to compare by size.
  const isExact = compare === '=' || compare === '!='
  const unit = metricUnit(metric) === 'state' && !isExact ? '' : metricUnit(metric)
  const isOver = [
    clearValue !== null && clearValue !== value && `at ${formatThreshold(clearValue, unit)}`,
    clearAfter !== null && `after ${describeDuration(clearAfter)}`,
  ].filter((words) => words !== false)
  return (
    <>
      <span class="condition">
        {compare} {formatThreshold(value, unit)}
      </span>
      {isOver.length > 0 && (
        <>
          {' '}
          <span class="soft">ends {isOver.join(' ')}</span>
        </>
      )}
    </>
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
