import type { Event } from '../../../domain/event.ts'
import type { Forecast } from '../../../domain/hosts/capacity.ts'
import { isDiskUse } from '../../../domain/hosts/filesystems.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import type { SummarizedSeries } from '../../../domain/series.ts'
import { describeRefused, planComparison, type SeriesComparison } from '../../charts/comparison.ts'
import { listEventsIn } from '../../charts/event-markers.ts'
import { listMaintenance } from '../../charts/maintenance-bands.ts'
import {
  findWrongRefs,
  loadRows,
  NO_ROWS,
  readRefs,
  type SeriesRef,
  writeRef,
} from '../../charts/series-ref.ts'
import type { ThresholdLine } from '../../charts/threshold-places.ts'
import { mergeThresholds, readThresholds } from '../../charts/thresholds.ts'
import { readTimeRange, type TimeRange } from '../../charts/time-range.ts'
import { describeWrongScale } from '../../charts/time-range-form.tsx'
import { findHost, notFound, type WebRequest } from '../../http/route.ts'
import { shorten } from '../../ui/format.ts'

/** How the lines are shown, by the words of the address. */
export type GraphOptions = {
  /** The scale ends at the values; percentages reach from 0 to 100 without it. */
  readonly isFitted: boolean
  /** The greatest value of each step is drawn as a line of its own. */
  readonly showsPeaks: boolean
  /** The same line this many seconds earlier, drawn behind it; null for none. */
  readonly before: { readonly key: string; readonly seconds: number; readonly words: string } | null
}

export const EARLIER = [
  { key: 'day', seconds: 86_400, words: 'a day earlier' },
  { key: 'week', seconds: 7 * 86_400, words: 'a week earlier' },
] as const

/** The lines and the time of a graph, as its address sets them. */
export type GraphLines = {
  /** The line of the page's own address, which stays; null on the page that compares any. */
  readonly own: SeriesRef | null
  readonly plan: SeriesComparison
  readonly timeRange: TimeRange
}

/** All data of a graph. */
export type GraphData = GraphLines & {
  readonly options: GraphOptions
  /** Sentences about invalid values in the address; the graph is shown without them. */
  readonly problems: readonly string[]
  /** The rows of each line. */
  readonly drawn: readonly SummarizedSeries[]
  /** The rows of the earlier time, at the times at which they are drawn; null when none are requested. */
  readonly ghost: SummarizedSeries | null
  readonly thresholds: readonly ThresholdLine[]
  /**
   * False when the thresholds are those named by events, because the agent does not report its thresholds.
   */
  readonly isReported: boolean
  readonly events: readonly Event[]
  readonly bands: ReturnType<typeof listMaintenance>
  readonly missing: readonly SeriesRef[]
  readonly hosts: ReadonlyMap<string, Host>
  /**
   * For a single line that is the usage of a disk: when the disk will be full; null where that can't be
   * forecast.
   */
  readonly forecast: Forecast | null
}

type GraphRequest = Pick<WebRequest, 'url' | 'now' | 'web'>

/** Rows of each line: a lone one is drawn finer than many, which share the weight of the page. */
const rowsOf = (lines: number) => (lines === 1 ? 600 : lines <= 4 ? 400 : 300)

const DAY = 86_400

/**
 * As many rows as there are whole days, or whole numbers of days, where a row is about a day anyway: the mean
 * of 14 hours goes up and down with day and night, and a year of it is noise.
 */
export function wholeDays(seconds: number, most: number): number {
  const days = seconds / DAY
  if (days < most / 4) return most
  return Math.max(1, Math.round(days / Math.ceil(days / most)))
}

/** Which lines are shown, of what time. */
export async function planLines({ url, now, web }: GraphRequest, own: SeriesRef | null): Promise<GraphLines> {
  const refs = own === null ? readRefs(url.searchParams) : withOwn(own, readRefs(url.searchParams))
  const plan = planComparison(refs)
  const wantsAll = url.searchParams.get('range') === 'all'
  const timeRange = readTimeRange(url.searchParams, wantsAll ? await findExtent(plan.lines, web) : null, now)
  return { own, plan, timeRange }
}

const withOwn = (own: SeriesRef, others: readonly SeriesRef[]) => [
  own,
  ...others.filter((ref) => writeRef(ref) !== writeRef(own)),
]

/** Throws an `HttpError` where the host has no such metric. */
export async function findOwn(request: Pick<WebRequest, 'params' | 'web'>): Promise<SeriesRef> {
  const { hosts } = request.web.store
  const metric = request.params.metric ?? ''
  const host = await findHost(request)
  if (!Object.hasOwn(host.latest, metric) && !(await hosts.metrics(host.name)).includes(metric))
    throw notFound('metric')
  return { host: host.name, metric }
}

export async function readGraph(request: GraphRequest, own: SeriesRef | null): Promise<GraphData> {
  const { store } = request.web
  const { options, problems } = readOptions(request.url)
  const lines = await planLines(request, own)
  const { plan, timeRange } = lines
  const { from, to } = timeRange
  const picture = { from, to, points: wholeDays(to - from, rowsOf(plan.lines.length)) }
  const drawn = await loadRows(store.samples, plan.lines, picture)
  const [only, another] = plan.lines
  const names = [...new Set(plan.lines.map(({ host }) => host))]
  const isDisk = only !== undefined && !another && isDiskUse(only.metric)
  const [limits, events, missing, ghost, windows, hosts, forecast] = await Promise.all([
    readLimits(plan, request.web),
    listEvents(lines, request.web),
    findMissing(plan, drawn, request.web),
    options.before && only && !another ? readGhost(only, picture, options.before.seconds, request.web) : null,
    store.maintenanceWindows.list(),
    store.hosts.findAll(names),
    isDisk ? request.web.forecasts.of(only.host, only.metric) : null,
  ])
  const [host] = names
  const bands =
    names.length === 1 && host !== undefined
      ? listMaintenance(windows, host, timeRange.from, timeRange.to)
      : []
  return { ...lines, ...limits, options, problems, drawn, events, missing, ghost, bands, hosts, forecast }
}

/** Reads the display options of the lines; an invalid value is reported in `problems`. */
function readOptions({ searchParams }: URL): {
  readonly options: GraphOptions
  readonly problems: readonly string[]
} {
  const [scale = '', peaks = '', key = ''] = ['scale', 'peaks', 'before'].map(
    (name) => searchParams.get(name) ?? '',
  )
  const before = EARLIER.find((one) => one.key === key) ?? null
  return {
    options: { isFitted: scale === 'fit', showsPeaks: peaks === '1', before },
    problems: [
      ...describeWrongScale(scale),
      ...(peaks === '' || peaks === '1' ? [] : ['peaks: expected 1, or nothing.']),
      ...(key === '' || before !== null ? [] : ['before: expected day or week, or nothing.']),
    ],
  }
}

/** The rows of the time before, at the times at which they are drawn. */
async function readGhost(
  { host, metric }: SeriesRef,
  { from, to, points }: { readonly from: number; readonly to: number; readonly points: number },
  seconds: number,
  { store }: WebRequest['web'],
): Promise<SummarizedSeries> {
  const [rows = NO_ROWS] = await loadRows(store.samples, [{ host, metric }], {
    from: from - seconds,
    to: to - seconds,
    points,
  })
  return { ...rows, times: rows.times.map((time) => time + seconds) }
}

/**
 * The thresholds of every line; none where there are two scales, because it would not be clear to which scale
 * they belong.
 */
async function readLimits({ lines, rightUnit }: SeriesComparison, { store }: WebRequest['web']) {
  if (rightUnit !== null) return { thresholds: [], isReported: true }
  const [only] = lines
  const metric = lines.length === 1 ? only?.metric : undefined
  const hosts = [...new Set(lines.map(({ host }) => host))]
  const known = new Map(
    await Promise.all(hosts.map(async (host) => [host, await readThresholds(store, host, metric)] as const)),
  )
  return {
    thresholds: mergeThresholds(lines.map((line) => known.get(line.host)?.of(line.metric) ?? [])),
    isReported: [...known.values()].every(({ reported }) => reported !== null),
  }
}

/** Events of the lines' metrics that were open in this time, the newest first. */
async function listEvents({ plan, timeRange: { from, to } }: GraphLines, { store }: WebRequest['web']) {
  const lists = await Promise.all(
    plan.lines.map(({ host, metric }) => listEventsIn(store.events, { host, metric, from, to })),
  )
  // An event of several hosts is one of each of them.
  const byId = new Map(lists.flat().map((event) => [event.id, event]))
  return [...byId.values()].sort((a, b) => b.opened - a.opened || b.id - a.id)
}

/** From the first sample of any of the hosts. */
async function findExtent(lines: readonly SeriesRef[], { store }: WebRequest['web']) {
  const hosts = [...new Set(lines.map(({ host }) => host))]
  const extents = await Promise.all(hosts.map((host) => store.samples.extent(host)))
  const firsts = extents.flatMap((extent) => (extent ? [extent.first] : []))
  return firsts.length === 0 ? null : { first: Math.min(...firsts) }
}

/** Lines without a sample, or left out for their unit, whose host has no such metric or is unknown. */
async function findMissing(
  plan: SeriesComparison,
  drawn: readonly SummarizedSeries[],
  { store }: WebRequest['web'],
): Promise<SeriesRef[]> {
  const silent = [...plan.lines.filter((_, i) => drawn[i]?.summary === null), ...plan.ofOtherUnits]
  const known = new Map<string, readonly string[]>()
  for (const host of new Set(silent.map((line) => line.host)))
    known.set(host, await store.hosts.metrics(host))
  return silent.filter(({ host, metric }) => !known.get(host)?.includes(metric))
}

/** Sentences about the requested lines that are not drawn. */
export function describeMissing({ plan, missing }: GraphData, url: URL): string[] {
  const wrong = findWrongRefs(url.searchParams).map((text) => shorten(text, 80))
  return [
    ...describeRefused(plan, missing),
    missing.length > 0 && `Unknown host or metric: ${missing.map(writeRef).join(', ')}.`,
    wrong.length > 0 && `Expected host:metric, got: ${wrong.slice(0, 5).join(', ')}.`,
  ].filter((words) => words !== false)
}
