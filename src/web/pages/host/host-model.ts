import type { Event, Severity } from '../../../domain/event.ts'
import { listFilesystems } from '../../../domain/hosts/filesystems.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { stateOfHost } from '../../../domain/hosts/host-state.ts'
import { describeStates } from '../../../domain/hosts/state-history.ts'
import { createMaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { ChartMark } from '../../charts/chart-marks.tsx'
import { createListNewest, listEventsIn, markEvent } from '../../charts/event-markers.ts'
import { listMaintenance } from '../../charts/maintenance-bands.ts'
import { loadRows, NO_ROWS } from '../../charts/series-ref.ts'
import { readThresholds } from '../../charts/thresholds.ts'
import { hostQuery } from '../../charts/time-range.ts'
import { describeWrongScale } from '../../charts/time-range-form.tsx'
import { mayUse, type WebRequest } from '../../http/route.ts'
import { readHostData } from './data-section.tsx'
import type { DiskRow } from './disk-table.tsx'
import { orderResources, planResources } from './host-plan.ts'
import { hostRange } from './host-range.ts'
import { WIDE_ROWS } from './host-sections.tsx'
import { pickShown, readSectionChoice, type ShownSection } from './shown-sections.ts'

const DAY = 86_400
const MONTH = 30 * DAY
/** Slots of the strips of states: a quarter of an hour, and a third of a day. */
const DAY_SLOTS = 96
const MONTH_SLOTS = 90
/** Open events that are read to find the metrics with problems, the worst first. The page lists the first of them. */
const READ_EVENTS = 100
/** A longer time shows the graph of each section alone, unless the address asks for more: each further one costs. */
const ALL_GRAPHS_UP_TO = 2 * DAY
/** Disks whose month of samples is read for a forecast. */
const MAX_FORECASTS = 8

/** All that the page of a host shows. */
export async function readHost(request: WebRequest, host: Host) {
  const { url, csrf, now, web } = request
  const { hosts, samples, events, maintenanceWindows } = web.store
  const timeRange = hostRange(url.searchParams, host, now, web.silence)
  const { from, to } = timeRange
  const listNewest = createListNewest(events, { host: host.name })
  const [metrics, open, marked, lastDay, lastMonth, thresholds, windows, outages, data] = await Promise.all([
    hosts.metrics(host.name),
    events.list({ host: host.name, status: 'open', order: 'severity', limit: READ_EVENTS }),
    listEventsIn(events, { host: host.name, from, to }, to >= now ? listNewest : undefined),
    events.listOpenTimesOf([host.name], now - DAY, DAY / DAY_SLOTS),
    events.listOpenTimesOf([host.name], now - MONTH, MONTH / MONTH_SLOTS),
    readThresholds(web.store, host.name, undefined, listNewest),
    maintenanceWindows.list(),
    events.listOutages([host], now - MONTH, now),
    readHostData(web.store, host.name),
  ])
  const choice = readSectionChoice(url.searchParams)
  const severities = worstByMetric(open.events)
  const sections = pickShown(orderResources(planResources(host, metrics), open.events), choice, {
    isLong: to - from > ALL_GRAPHS_UP_TO,
    troubled: new Set(severities.keys()),
    latest: host.latest,
  })
  const refs = listMetrics(sections).map((metric) => ({ host: host.name, metric }))
  const [list, disks] = await Promise.all([
    loadRows(samples, refs, { from, to, points: WIDE_ROWS }),
    readDisks(request, host),
  ])
  const calendar = createMaintenanceCalendar(windows)
  const state = stateOfHost(host, calendar, { now, silence: web.silence })
  const describe = (times: typeof lastDay, length: number, slots: number) =>
    describeStates({ host, times: times.get(host.name) ?? [], calendar, from: now - length, to: now, slots })
  return {
    host,
    url,
    metrics,
    sections,
    series: new Map(refs.map(({ metric }, i) => [metric, list[i] ?? NO_ROWS] as const)),
    timeRange,
    from,
    to,
    // For a host that is down the time ends with its last value, which a named range can't express.
    query: state.isDown
      ? `?${new URLSearchParams({ from: String(from), to: String(to) })}`
      : hostQuery(timeRange),
    isFitted: url.searchParams.get('scale') === 'fit',
    problems: [...describeWrongScale(url.searchParams.get('scale') ?? ''), ...choice.problems],
    marks: groupMarks(marked),
    bands: listMaintenance(windows, host.name, from, to),
    thresholds,
    severities,
    data,
    days: describe(lastDay, DAY, DAY_SLOTS),
    month: describe(lastMonth, MONTH, MONTH_SLOTS),
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
    ...state,
    status: state.isDown ? ('down' as const) : ('up' as const),
  }
}

export type HostModel = Awaited<ReturnType<typeof readHost>>

/** The metrics of all graphs that are shown, each once. */
const listMetrics = (sections: readonly ShownSection[]) => [
  ...new Set(
    sections.flatMap(({ main, more }) =>
      [...main, ...more].flatMap(({ lines }) => lines.map(({ metric }) => metric)),
    ),
  ),
]

/** The worst severity of the open events about each metric. */
function worstByMetric(events: readonly Event[]): ReadonlyMap<string, Severity> {
  const worst = new Map<string, Severity>()
  for (const { metric, severity } of events) {
    const known = worst.get(metric)
    if (known === undefined || severity < known) worst.set(metric, severity)
  }
  return worst
}

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
