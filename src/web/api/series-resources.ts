import type { Series } from '../../domain/sample.ts'
import type { SummarizedSeries } from '../../domain/series.ts'
import type { TimeSpan } from '../charts/chart-marks.tsx'
import { loadRows, loadSeries, NO_ROWS, readRefs, type SeriesRef, writeRef } from '../charts/series-ref.ts'
import { readChoice, readInteger, readTimes } from '../http/query-parameters.ts'
import { HttpError, JsonBytes, notFound, route, type WebRequest } from '../http/route.ts'
import { StreamedAnswer } from '../http/streams/streamed-answer.ts'
import { mayUseHost } from '../http/token-scope.ts'
import { PointWriter } from '../series/point-writer.ts'
import { seriesCsv } from '../series/series-csv.ts'
import { writeListInPieces, writeSeries, writeSeriesInPieces } from '../series/series-json.ts'
import { readPieces } from '../series/series-pieces.ts'

/** Most points that a request may ask for; a graph can't show more. */
const MAX_POINTS = 100_000

/** Series of one answer. */
const MAX_SERIES = 100

/** An answer that is made at once: samples of this many seconds of a metric, which may be as many, or this many rows. */
const SECONDS_AT_ONCE = 86_400
const ROWS_AT_ONCE = 10_000
/** Rows that are made of samples cost what these take to decode: some 90,000 of hosts that report each minute. */
const SUMMARIZED_AT_ONCE = 60 * 86_400

/** Every sample of a metric, or at most `points` rows of time, minimum, mean and maximum. */
export const apiSeries = route(
  {
    path: '/api/v1/hosts/:name/metrics/:metric',
    access: 'viewer',
    scope: 'host',
    doc: 'Every sample of a metric, of the last hour unless said otherwise.',
  },
  async ({ params: { name = '', metric = '' }, url, now, web }) => {
    const span = readTimes(url, now)
    const points = readInteger(url, 'points', { min: 1, max: MAX_POINTS, default: null })
    const ref = { host: name, metric }
    if (wantsCsv(url)) {
      await requireMetric(web, ref)
      return seriesCsv(sourceOf(web), `${name}-${metric}`, [{ name: metric, ref }], span)
    }
    if (!isMadeAtOnce([ref], span, points)) {
      await requireMetric(web, ref)
      return StreamedAnswer.begin(writeInPieces(web, ref, span, points), JSON_TYPE)
    }
    const found =
      points === null
        ? await web.store.samples.range(name, metric, span.from, span.to)
        : await readRows(web, ref, { ...span, points })
    // The usual case needs a single query; whether the host or the metric is missing is checked only when
    // there are no samples.
    if (found.times.length === 0) await requireMetric(web, ref)
    const writer = new PointWriter()
    writeSeries(writer, ref, found)
    return new JsonBytes(writer.take())
  },
)

const JSON_TYPE = { 'content-type': 'application/json' } as const
const NO_SERIES: Series = { times: new Float64Array(), values: new Float64Array() }

type SampleContext = Pick<WebRequest['web'], 'store' | 'clock'>

const sourceOf = ({ store, clock }: SampleContext) => ({ samples: store.samples, clock })

const wantsCsv = (url: URL) => readChoice(url, 'format', ['json', 'csv']) === 'csv'

async function requireMetric({ store }: SampleContext, { host, metric }: SeriesRef): Promise<void> {
  if (!(await store.hosts.find(host))) throw notFound('host')
  if (!(await store.hosts.metrics(host)).includes(metric)) throw notFound('metric of this host')
}

function isMadeAtOnce(refs: readonly SeriesRef[], { from, to }: TimeSpan, points: number | null): boolean {
  const seconds = (to - from) * refs.length
  if (points === null) return seconds <= SECONDS_AT_ONCE
  return points * refs.length <= ROWS_AT_ONCE && (refs.length === 1 || seconds <= SUMMARIZED_AT_ONCE)
}

/** What `writeSeries` writes, however long it is. */
const writeInPieces = (web: SampleContext, ref: SeriesRef, span: TimeSpan, points: number | null) =>
  writeSeriesInPieces(
    ref,
    points === null ? readSamples(web, ref, span) : readParts(web, ref, { ...span, points }),
  )

async function* readSamples(web: SampleContext, ref: SeriesRef, span: TimeSpan): AsyncGenerator<Series> {
  for await (const [series = NO_SERIES] of readPieces(sourceOf(web), [ref], span)) yield series
}

async function* readParts(
  web: SampleContext,
  ref: SeriesRef,
  picture: TimeSpan & { readonly points: number },
): AsyncGenerator<SummarizedSeries> {
  yield await readRows(web, ref, picture)
}

/**
 * Several metrics of any hosts at once, named `series=HOST:METRIC`; an unknown host or metric has no points.
 */
export const apiSeriesList = route(
  {
    path: '/api/v1/series',
    access: 'viewer',
    scope: 'filtered',
    doc: 'Several metrics of any hosts at once.',
  },
  async (request) => {
    const { url, now, web } = request
    const span = readTimes(url, now)
    const points = readInteger(url, 'points', { min: 1, max: MAX_POINTS, default: null })
    const refs = readRefs(url.searchParams)
    const asked = url.searchParams.getAll('series').length
    if (asked === 0 || asked > MAX_SERIES)
      throw new HttpError(400, `series: expected 1 to ${MAX_SERIES} of the form HOST:METRIC, got ${asked}`)
    for (const host of new Set(refs.map((ref) => ref.host)))
      if (!(await mayUseHost(request, host))) throw notFound(`host as ${host.slice(0, 80)}`)
    if (wantsCsv(url)) {
      const columns = refs.map((ref) => ({ name: writeRef(ref), ref }))
      return seriesCsv(sourceOf(web), 'series', columns, span)
    }
    if (!isMadeAtOnce(refs, span, points)) {
      const list = refs.values().map((ref) => writeInPieces(web, ref, span, points))
      return StreamedAnswer.begin(writeListInPieces(list), JSON_TYPE)
    }
    const found =
      points === null
        ? await loadSeries(web.store.samples, refs, span.from, span.to)
        : await Promise.all(refs.map((ref) => readRows(web, ref, { ...span, points })))
    const writer = new PointWriter()
    writer.text('{"series":[')
    for (const [i, ref] of refs.entries()) {
      if (i > 0) writer.text(',')
      writeSeries(writer, ref, found[i] ?? NO_SERIES)
    }
    writer.text(']}')
    return new JsonBytes(writer.take())
  },
)

/**
 * When samples cover less than half of the requested time, only the time that they cover is read, in finer
 * steps.
 */
async function readRows(
  web: Pick<WebRequest['web'], 'store'>,
  ref: SeriesRef,
  picture: { readonly from: number; readonly to: number; readonly points: number },
): Promise<SummarizedSeries> {
  const { from, to } = picture
  const [rows = NO_ROWS] = await loadRows(web.store.samples, [ref], picture)
  const first = rows.times[0] ?? from
  const last = rows.summary?.lastTime ?? to
  if (rows.step === 0 || last - first >= (to - from) / 2) return rows
  // The first row may begin up to its step earlier than where it is drawn.
  const begin = Math.max(from, first - rows.step)
  const [closer = NO_ROWS] = await loadRows(web.store.samples, [ref], { ...picture, from: begin, to: last })
  return closer
}
