/** @jsxImportSource #markup */

import type { Event } from '../../../domain/event.ts'
import { listFilesystems } from '../../../domain/hosts/filesystems.ts'
import { type Host, hostStatus } from '../../../domain/hosts/host.ts'
import type { ChartMark } from '../../charts/chart-marks.tsx'
import { listEventsIn, markEvent } from '../../charts/event-markers.ts'
import { listMaintenance } from '../../charts/maintenance-bands.ts'
import { loadRows, NO_ROWS } from '../../charts/series-ref.ts'
import { readThresholds } from '../../charts/thresholds.ts'
import { HOST_LONGEST, HOST_RANGES, timeRangeQuery } from '../../charts/time-range.ts'
import { timeRangeForm, timeRangeProblem } from '../../charts/time-range-form.tsx'
import { rangeChoices } from '../../charts/time-range-nav.tsx'
import { mayUse, notFound, route, type WebRequest } from '../../http/route.ts'
import { capitalize, madeLine, stampLabel, withParameters } from '../../ui/components.tsx'
import { formatDuration } from '../../ui/format.ts'
import { icon, statusMark } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { actionResult } from '../events/action-result.tsx'
import { dataSection, readHostData } from './data-section.tsx'
import { type DiskRow, diskTable } from './disk-table.tsx'
import { facts, groupsOf, historyOf, hostHead, maintenanceLine } from './host-head.tsx'
import { metricLink, metricList, openEventsOfHost } from './host-lists.tsx'
import { orderResources, planResources, type ResourcePlan } from './host-plan.ts'
import { hostRange } from './host-range.ts'
import { resourceSection, WIDE_ROWS } from './host-sections.tsx'
import { metricTable } from './metric-tables.tsx'
import { thresholdTable } from './threshold-table.tsx'

const HOUR = 3600
const DAY = 86_400
const MONTH = 30 * DAY
const SHOWN_EVENTS = 10
/** A longer time shows the graph of each section alone, unless the address asks for all: each further one costs. */
const ALL_GRAPHS_UP_TO = 2 * DAY
/** A host with more shows the graph of each section alone too: a machine of fifty disks would fill many screens. */
const MOST_GRAPHS = 20
/** A longer list of metrics is a page of its own. */
const MOST_LISTED = 150
/** Disks whose month of samples is read for a forecast. */
const MAX_FORECASTS = 8

export const hostPage = route({ path: '/hosts/:name', access: 'viewer' }, async (request) => {
  const { url, params, session, csrf, web } = request
  const host = await web.store.hosts.find(params.name ?? '')
  if (!host) throw notFound('host')
  const model = await readHost(request, host)
  return layout({
    title: host.name,
    active: 'hosts',
    session,
    csrf,
    url,
    body: (
      <>
        {madeLine(request)}
        {await actionResult(request)}
        {timeRangeProblem(model.timeRange)}
        {hostView(model)}
      </>
    ),
    scripts: ['charts'],
  })
})

async function readHost(request: WebRequest, host: Host) {
  const { url, csrf, now, web } = request
  const { hosts, samples, events, maintenanceWindows } = web.store
  const timeRange = hostRange(url.searchParams, host, now, web.silence)
  const { from, to } = timeRange
  const [metrics, open, within, history, thresholds, windows, outages, data] = await Promise.all([
    hosts.metrics(host.name),
    events.list({ host: host.name, status: 'open', limit: SHOWN_EVENTS }),
    listEventsIn(events, { host: host.name, from, to }),
    listEventsIn(events, { host: host.name, from: now - MONTH, to: now }),
    readThresholds(web.store, host.name),
    maintenanceWindows.list(),
    events.listOutages([host], now - MONTH, now),
    readHostData(web.store, host.name),
  ])
  const plans = orderResources(planResources(host, metrics), open.events)
  const charts = plans.reduce((sum, { main, more }) => sum + main.length + more.length, 0)
  const isCheap = to - from <= ALL_GRAPHS_UP_TO && charts <= MOST_GRAPHS
  const showsMore = isCheap || url.searchParams.get('graphs') === 'all'
  const wanted = plans.flatMap(({ main, more }) => [...main, ...(showsMore ? more : [])])
  const refs = [...new Set(wanted.flatMap(({ lines }) => lines.map(({ metric }) => metric)))].map(
    (metric) => ({
      host: host.name,
      metric,
    }),
  )
  const [list, disks] = await Promise.all([
    loadRows(samples, refs, { from, to, points: WIDE_ROWS }),
    readDisks(request, host),
  ])
  return {
    host,
    url,
    metrics,
    plans,
    series: new Map(refs.map(({ metric }, i) => [metric, list[i] ?? NO_ROWS] as const)),
    timeRange,
    from,
    to,
    query: timeRange.range === '1h' ? '' : `?${timeRangeQuery(timeRange).toString()}`,
    isFitted: url.searchParams.get('scale') === 'fit',
    showsMore,
    marks: groupMarks(within),
    bands: listMaintenance(windows, host.name, from, to),
    thresholds,
    data,
    windows,
    history,
    outages: outages.get(host.name) ?? [],
    disks,
    firstMetric: refs[0]?.metric ?? metrics[0] ?? null,
    events: open.events,
    total: open.total,
    csrf,
    mayChange: mayUse(request, 'operator'),
    mayManage: mayUse(request, 'admin'),
    now,
    silence: web.silence,
    status: hostStatus(host, now, web.silence),
  }
}

type HostModel = Awaited<ReturnType<typeof readHost>>

/** The filesystems with when they will be full. */
async function readDisks({ web }: WebRequest, host: Host): Promise<DiskRow[]> {
  return Promise.all(
    listFilesystems(host).map(async (disk, i) => ({
      ...disk,
      forecast: i < MAX_FORECASTS ? await web.forecasts.of(host.name, disk.metric) : null,
    })),
  )
}

/** Marks of events by their metric. */
function groupMarks(events: readonly Event[]): ReadonlyMap<string, readonly ChartMark[]> {
  const marks = new Map<string, ChartMark[]>()
  for (const event of events) marks.set(event.metric, [...(marks.get(event.metric) ?? []), markEvent(event)])
  return marks
}

function hostView(model: HostModel): Html {
  const { host, metrics, plans, now, status } = model
  return (
    <div data-live="host">
      {hostHead(model)}
      {facts(host)}
      {groupsOf(model)}
      {historyOf(model)}
      {maintenanceLine(model)}
      {status === 'down' && (
        <p class="notice" role="status">
          {statusMark('down')}
          <span>
            No data for {formatDuration(now - host.lastSeen)}. Values below are the last received, at{' '}
            {stampLabel(host.latestTime > 0 ? host.latestTime : host.lastSeen)}.
          </span>
        </p>
      )}
      {openEventsOfHost(model)}
      {metrics.length === 0 && NO_METRICS}
      {plans.length > 0 && timeBar(model)}
      <div
        class={status === 'down' && 'old-values'}
        data-charts={JSON.stringify({ host: host.name, from: model.from, to: model.to })}
      >
        {plans.map((plan) => resourceSection(plan, tablesOf(plan, model), model))}
      </div>
      {thresholdTable(model.thresholds.reported, metrics)}
      {dataSection(model.data, now)}
      {metrics.length > 0 &&
        (metrics.length <= MOST_LISTED ? metricList(host, metrics) : metricLink(host, metrics))}
    </div>
  )
}

function tablesOf({ tables }: ResourcePlan, { host, disks, now, status }: HostModel): Html | null {
  if (tables.length === 0) return null
  return (
    <>
      {tables.map((table) =>
        table.name === 'filesystems' ? diskTable(host, table, disks, now) : metricTable(host, table, status),
      )}
    </>
  )
}

const NO_METRICS = (
  <section class="empty">
    <h2>No samples yet</h2>
    <p>
      Connected. Waiting for the first values (up to 2 minutes). Where they don't come, the log of the agent
      says why.
    </p>
  </section>
)

/** What time the graphs show, and the ways to another. */
function timeBar(model: HostModel): Html {
  const { url, timeRange, from, to, now, isFitted, showsMore, status } = model
  const half = Math.ceil((to - from) / 2)
  const wider = {
    from: String(Math.max(0, to - Math.min(HOST_LONGEST, 4 * half))),
    to: String(to),
    range: null,
  }
  return (
    <div class="time-bar">
      <h2>{describeTime(model, status === 'down')}</h2>
      {rangeChoices({
        label: 'Range',
        ranges: HOST_RANGES,
        current: timeRange.range,
        address: (key) => withParameters(url, { range: key, from: null, to: null }),
        mark: { 'data-chart-link': true },
      })}
      {timeRange.range === null && (
        <a class="button" href={withParameters(url, wider)} data-chart-link>
          {icon('zoom-out')}Zoom out
        </a>
      )}
      <a
        class="button"
        href={withParameters(url, { scale: isFitted ? null : 'fit' })}
        title={isFitted ? 'Percentages from 0 to 100' : 'Fit the scales to the values'}
        data-chart-link
      >
        {isFitted ? '0–100%' : 'Fit'}
      </a>
      {!showsMore && (
        <a class="button" href={withParameters(url, { graphs: 'all' })} data-chart-link>
          All graphs
        </a>
      )}
      <details class="any-time" id="any-time">
        <summary>Custom range</summary>
        {timeRangeForm(timeRange, now, isFitted ? [['scale', 'fit']] : [])}
      </details>
      <span class="soft hint">drag across a graph to zoom</span>
    </div>
  )
}

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
