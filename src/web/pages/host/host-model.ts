import type { Event, Severity } from '../../../domain/event.ts'
import { listFilesystems } from '../../../domain/hosts/filesystems.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { stateOfHost } from '../../../domain/hosts/host-state.ts'
import { createMaintenanceCalendar } from '../../../domain/time/maintenance-window.ts'
import type { ChartMark } from '../../charts/chart-marks.tsx'
import { listEventsIn, markEvent, openSince } from '../../charts/event-markers.ts'
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
/** Open events that are read to find the metrics with problems. The page lists the first of them. */
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
  const [metrics, open, earlier, history, thresholds, windows, outages, data] = await Promise.all([
    hosts.metrics(host.name),
    events.list({ host: host.name, status: 'open', limit: READ_EVENTS }),
    // Most pages end now: the events of the month have those of the graphs among them.
    to === now ? null : listEventsIn(events, { host: host.name, from, to }),
    listEventsIn(events, { host: host.name, from: Math.min(from, now - MONTH), to: now }),
    readThresholds(web.store, host.name),
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
  const state = stateOfHost(host, createMaintenanceCalendar(windows), { now, silence: web.silence })
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
    marks: groupMarks(earlier ?? openSince(history, from)),
    bands: listMaintenance(windows, host.name, from, to),
    thresholds,
    severities,
    data,
    history: openSince(history, now - MONTH),
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
