/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { type Host, hostStatus } from '../../../domain/hosts/host.ts'
import { metricUnit } from '../../../domain/metrics/metric.ts'
import type { Series } from '../../../domain/sample.ts'
import { downsampleSeries } from '../../../domain/series.ts'
import { type ChartMark, lineChart } from '../../charts/chart.tsx'
import { listEventsIn, markEvent } from '../../charts/event-markers.ts'
import { type ChartPlan, chartStart, planCharts } from '../../charts/host-charts.ts'
import { NO_SAMPLES, writeRef } from '../../charts/series-ref.ts'
import { figuresTable } from '../../charts/summary-table.tsx'
import { describeThresholds, findShared, type HostLimits, readThresholds } from '../../charts/thresholds.ts'
import {
  HOST_LONGEST,
  HOST_RANGES,
  readTimeRange,
  type TimeRange,
  timeRangeQuery,
} from '../../charts/time-range.ts'
import { timeRangeForm, timeRangeProblem } from '../../charts/time-range-form.tsx'
import { mayUse, notFound, route } from '../../http/route.ts'
import {
  agoLabel,
  bigFigure,
  capitalize,
  hostPath,
  madeLine,
  metricPath,
  pageHeading,
  stampLabel,
  statusLabel,
} from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatDuration, formatNumber, formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/html.ts'
import { icon, statusMark } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout.tsx'
import { dataSection, type HostData, readHostData } from './data-section.tsx'
import { metricList, openEventsOfHost, thresholdTable } from './host-sections.tsx'
import { metricSections } from './metric-sections.tsx'

const HOUR = 3600
const DAY = 86_400
const UPTIME = 'perf.system.uptime.seconds'
const SHOWN_EVENTS = 10
/** Rows of a small graph: its samples as they are for an hour and a while, ends and means of steps beyond. */
const DRAWN = 150
/** A clock that is off by less is nobody's business. */
const WORTH_TELLING_SKEW = 30

export const hostPage = route(
  { path: '/hosts/:name', access: 'viewer' },
  async ({ url, params, session, csrf, now, web }) => {
    const { hosts, samples, events } = web.store
    const host = await hosts.find(params.name ?? '')
    if (!host) throw notFound('host')
    const timeRange = hostRange(url.searchParams, host, now, web.silence)
    const { from, to } = timeRange
    const [metrics, open, within, thresholds, data] = await Promise.all([
      hosts.metrics(host.name),
      events.list({ host: host.name, status: 'open', limit: SHOWN_EVENTS }),
      listEventsIn(events, { host: host.name, from, to }),
      readThresholds(web.store, host.name),
      readHostData(web.store, host.name),
    ])
    const plans = planCharts(metrics)
    const wanted = plans.flatMap(({ lines }) => lines.map(({ metric }) => metric))
    const series = await samples.ranges(host.name, wanted, from, to)
    const model = {
      host,
      metrics,
      plans,
      series,
      timeRange,
      from,
      to,
      marks: groupMarks(within),
      thresholds,
      data,
      events: open.events,
      total: open.total,
      csrf,
      mayChange: mayUse({ session }, 'operator'),
      mayManage: mayUse({ session }, 'admin'),
      now,
      silence: web.silence,
    }
    return layout({
      title: host.name,
      active: 'hosts',
      session,
      csrf,
      url,
      body: (
        <>
          {madeLine({ now, web })}
          {timeRangeProblem(model.timeRange)}
          {hostView(model)}
        </>
      ),
      scripts: ['charts'],
    })
  },
)

const TOO_LONG = 'A host page shows at most 31 days. A graph of one metric shows everything.'

/** The time that its graphs show: the last hour unless the address says otherwise, and never more than `HOST_LONGEST`. */
export function hostRange(parameters: URLSearchParams, host: Host, now: number, silence: number): TimeRange {
  const asked = readTimeRange(parameters, null, now)
  const end = chartEnd(host, now, silence)
  if (asked.range === null)
    return asked.to - asked.from <= HOST_LONGEST
      ? asked
      : { ...asked, from: asked.to - HOST_LONGEST, words: formatDuration(HOST_LONGEST), problem: TOO_LONG }
  if (asked.range === '1h') return { ...asked, from: chartStart(host, end), to: end }
  const seconds = asked.range === 'all' ? null : asked.to - asked.from
  if (seconds !== null && seconds <= HOST_LONGEST) return { ...asked, from: end - seconds, to: end }
  const longest = HOST_RANGES.at(-1)
  const from = end - (longest?.seconds ?? HOUR)
  return {
    ...asked,
    range: longest?.key ?? null,
    words: longest?.words ?? '',
    from,
    to: end,
    problem: TOO_LONG,
  }
}

/** Marks of events by their metric. */
function groupMarks(events: readonly Event[]): ReadonlyMap<string, readonly ChartMark[]> {
  const marks = new Map<string, ChartMark[]>()
  for (const event of events) {
    const known = marks.get(event.metric)
    if (known) known.push(markEvent(event))
    else marks.set(event.metric, [markEvent(event)])
  }
  return marks
}

/** A host that is down shows its last hour; one with a clock ahead of ours shows its newest samples all the same. */
export function chartEnd(host: Host, now: number, silence: number): number {
  if (hostStatus(host, now, silence) === 'down' && host.latestTime > 0) return host.latestTime
  return Math.max(now, host.latestTime)
}

type HostModel = {
  readonly host: Host
  readonly metrics: readonly string[]
  readonly plans: readonly ChartPlan[]
  readonly series: ReadonlyMap<string, Series>
  readonly timeRange: TimeRange
  readonly from: number
  readonly to: number
  readonly marks: ReadonlyMap<string, readonly ChartMark[]>
  readonly thresholds: HostLimits
  readonly data: HostData
  readonly events: readonly Event[]
  readonly total: number
  readonly csrf: string
  readonly mayChange: boolean
  readonly mayManage: boolean
  readonly now: number
  readonly silence: number
}

function hostView(model: HostModel): Html {
  const { host, metrics, plans, events, total, now, silence } = model
  const status = hostStatus(host, now, silence)
  return (
    <div data-live="host">
      <div class="head">
        <div>
          <p class="crumbs">
            <a href="/hosts">Hosts</a>
          </p>
          {pageHeading(host.name)}
        </div>
        <p class="host-status">
          {statusLabel(status)} <span class="soft">reported {agoLabel(host.lastSeen, now)}</span>
        </p>
      </div>
      {facts(host)}
      {groupsOf(model)}
      {status === 'down' && (
        <p class="notice" role="status">
          {statusMark('down')}
          <span>
            Silent for {formatDuration(now - host.lastSeen)}. Values below are the last received; the graphs
            end at {stampLabel(model.to)}.
          </span>
        </p>
      )}
      {openEventsOfHost(host, events, total, now)}
      {metrics.length === 0 ? NO_METRICS : bigFigures(host)}
      {plans.length > 0 && (
        <section class="section plain-top">
          <div class="section-head charts-head">
            <h2>{describeTime(model, status === 'down')}</h2>
            {rangeLinks(model)}
          </div>
          <div
            class="charts"
            data-charts={JSON.stringify({ host: host.name, from: model.from, to: model.to })}
          >
            {plans.map((plan) => smallChart(plan, model))}
          </div>
          <details class="any-time" id="any-time">
            <summary>Custom range</summary>
            {timeRangeForm(model.timeRange, now)}
          </details>
        </section>
      )}
      <div class="columns">{metricSections(host)}</div>
      {thresholdTable(model.thresholds.reported, metrics)}
      {dataSection(model.data, now)}
      {metrics.length > 0 && metricList(host, metrics)}
    </div>
  )
}

const NO_METRICS = (
  <section class="empty">
    <h2>No samples yet</h2>
    <p>
      Connected. Waiting for the first values (up to 2 minutes). The first come within two minutes of the
      agent's start; where they don't, its log says why.
    </p>
  </section>
)

/** `Last hour`, `Its last 7 days`, or from when to when. */
function describeTime({ timeRange, from, to }: HostModel, isDown: boolean): Html {
  if (timeRange.range === null)
    return (
      <>
        {stampLabel(from)} to {stampLabel(to)}
      </>
    )
  const words =
    timeRange.range === '1h' && to - from < HOUR - 60
      ? `last ${formatDuration(to - from)}`
      : timeRange.words.replace('the ', '')
  return <>{isDown ? `Its ${words}` : capitalize(words)}</>
}

function rangeLinks({ timeRange, host, from, to }: HostModel): Html {
  const half = Math.ceil((to - from) / 2)
  const wider = `?from=${Math.max(0, to - Math.min(HOST_LONGEST, 4 * half))}&to=${to}`
  return (
    <>
      <nav class="wide" aria-label="Range">
        <ul class="segments">
          {HOST_RANGES.map(({ key, words }) => (
            <li>
              <a
                href={`${hostPath(host.name)}?range=${key}`}
                title={words}
                data-chart-link
                aria-current={key === timeRange.range && 'true'}
              >
                {key}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {timeRange.range === null && (
        <a class="button" href={`${hostPath(host.name)}${wider}`} data-chart-link>
          {icon('zoom-out')}Zoom out
        </a>
      )}
      <span class="soft hint">drag across a graph to zoom</span>
    </>
  )
}

/** Its groups as ways to their other hosts, and for those who may a form to change those by hand. */
function groupsOf({ host, mayChange, mayManage, csrf }: HostModel): Html | null {
  if (host.groups.length === 0 && !mayChange) return null
  const links = host.groups.map((group) => (
    <li>
      <a href={`/hosts?group=${encodeURIComponent(group)}`}>{group}</a>
    </li>
  ))
  const said = host.groups.filter((group) => !host.givenGroups.includes(group))
  return (
    <div class="host-groups" id="groups">
      <h2 class="visually-hidden">Groups</h2>
      {links.length > 0 && <ul class="group-links">{links}</ul>}
      {mayChange && (
        <details id="change-groups">
          <summary>{host.groups.length === 0 ? 'Add to group' : 'Edit groups'}</summary>
          <form class="span-form" method="post" action={`${hostPath(host.name)}/groups`}>
            {csrfField(csrf)}
            <label>
              Groups{' '}
              <input
                type="text"
                name="groups"
                value={host.givenGroups.join(', ')}
                placeholder="web, berlin"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength={1400}
              />
            </label>
            <button type="submit">Save</button>
            {said.length > 0 && <span class="soft">Its agent's configuration adds {said.join(', ')}.</span>}
          </form>
        </details>
      )}
      {mayManage && <a href={`${hostPath(host.name)}/manage`}>Rename or delete</a>}
    </div>
  )
}

function facts(host: Host): Html {
  const skew = host.clockSkew ?? 0
  const list: readonly (readonly [string, string])[] = [
    ['Address', host.ip],
    ['Domain', host.domain],
    ['Platform', [host.platform, host.architecture].filter(Boolean).join(', ')],
    ['Build', host.build],
    ['Processors', host.processors > 0 ? formatNumber(host.processors) : ''],
    ['Agent', host.agent ?? ''],
    ['Memory', host.memoryMb > 0 ? formatValue(host.memoryMb * 1024 * 1024, 'B') : ''],
    [
      'Clock',
      Math.abs(skew) < WORTH_TELLING_SKEW
        ? ''
        : `${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead' : 'behind'}`,
    ],
  ]
  return (
    <dl class="facts">
      {list
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

function bigFigures({ name, latest }: Host): Html {
  const figure = (title: string, metric: string) =>
    bigFigure(title, latest[metric], metricUnit(metric), metricPath(name, metric))
  const uptime = latest[UPTIME]
  const uptimeFigure =
    uptime === undefined || uptime < DAY
      ? figure('Uptime', UPTIME)
      : bigFigure('Uptime', Math.floor(uptime / 8640) / 10, '', metricPath(name, UPTIME), 'days')
  return (
    <div class="figures">
      {figure('Processor', 'perf.processor.percent.used')}
      {figure('Memory', 'perf.memory.percent.used')}
      {figure('Pagefile', 'perf.pagefile.percent.used')}
      {figure('Load', 'perf.system.load.1')}
      {uptimeFigure}
    </div>
  )
}

function smallChart(
  { title, lines }: ChartPlan,
  { host, series, from, to, marks, thresholds, timeRange }: HostModel,
): Html {
  const unit = metricUnit(lines[0]?.metric ?? '')
  const drawn = lines.map(({ metric, name }) => {
    const { times, low, mean, high } = downsampleSeries(series.get(metric) ?? NO_SAMPLES, from, to, DRAWN)
    return { name, times, values: mean, ...(mean === low ? {} : { low, high }) }
  })
  const marked = lines.flatMap(({ metric }) => marks.get(metric) ?? [])
  const shared = findShared(lines.map(({ metric }) => thresholds.of(metric)))
  const query = timeRange.range === '1h' ? '' : `?${timeRangeQuery(timeRange).toString()}`
  const href = `${metricPath(host.name, lines[0]?.metric ?? '')}${query}`
  return (
    <figure class="small-chart">
      <figcaption>
        <h3>
          <a class="plain" href={href}>
            {title}
          </a>
        </h3>
        <span class={['legend', lines.length === 1 && 'single']}>
          {lines.map(({ metric, name }, index) => {
            const value = host.latest[metric]
            return (
              <a
                href={`${metricPath(host.name, metric)}${query}`}
                data-cursor-value={writeRef({ host: host.name, metric })}
                data-unit={unit}
              >
                {lines.length > 1 && (
                  <>
                    <span class={`swatch line-${index + 1}`} />
                    {name}
                  </>
                )}{' '}
                <b>{value === undefined ? '–' : formatValue(value, unit)}</b>
              </a>
            )
          })}
        </span>
      </figcaption>
      <div class="cursor-field">
        {lineChart({
          lines: drawn,
          from,
          to,
          unit,
          marks: marked,
          thresholds: shared,
          thresholdStyle: 'marks',
          label: describeChart(`${title} of ${host.name}`, marked.length, describeThresholds(shared, unit)),
        })}
        {figuresTable(
          title,
          lines.map(({ metric, name }) => ({
            name,
            series: series.get(metric) ?? NO_SAMPLES,
            unit: metricUnit(metric),
          })),
        )}
      </div>
    </figure>
  )
}

const describeChart = (words: string, events: number, thresholds: string) =>
  [
    words,
    ...(events === 0 ? [] : [`, with ${events} ${events === 1 ? 'event' : 'events'}`]),
    ...(thresholds === '' ? [] : [`; thresholds: ${thresholds}`]),
  ].join('')
