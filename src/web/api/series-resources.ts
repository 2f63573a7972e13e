import { metricUnit } from '../../domain/metrics/metric.ts'
import type { Series } from '../../domain/sample.ts'
import type { DownsampledSeries, SummarizedSeries } from '../../domain/series.ts'
import { seriesCsv } from '../charts/series-csv.ts'
import { loadRows, loadSeries, NO_ROWS, readRefs, type SeriesRef } from '../charts/series-ref.ts'
import { readChoice, readInteger, readTimes } from '../http/query-parameters.ts'
import { HttpError, JsonBytes, notFound, route, type WebRequest } from '../http/route.ts'
import { mayUseHost } from '../http/token-scope.ts'
import { PointWriter } from './point-writer.ts'

/** Most points that a request may ask for; a graph can't show more. */
const MAX_POINTS = 100_000

/** Every sample of a metric, or at most `points` rows of time, minimum, mean and maximum. */
export const apiSeries = route(
  {
    path: '/api/v1/hosts/:name/metrics/:metric',
    access: 'viewer',
    scope: 'host',
    doc: 'Every sample of a metric, of the last hour unless said otherwise.',
  },
  async ({ params: { name = '', metric = '' }, url, now, web }) => {
    const { from, to } = readTimes(url, now)
    const points = readInteger(url, 'points', { min: 1, max: MAX_POINTS, default: null })
    const ref = { host: name, metric }
    const isFile = wantsCsv(url)
    const found =
      points === null || isFile
        ? await web.store.samples.range(name, metric, from, to)
        : await readRows(web, ref, { from, to, points })
    // The usual case needs a single query; whether the host or the metric is missing is checked only when
    // there are no samples.
    if (found.times.length === 0) {
      if (!(await web.store.hosts.find(name))) throw notFound('host')
      if (!(await web.store.hosts.metrics(name)).includes(metric)) throw notFound('metric of this host')
    }
    if (isFile && 'values' in found)
      return seriesCsv(`${name}-${metric}`, [{ name: metric, series: found }], from, to)
    const writer = new PointWriter()
    writeSeries(writer, ref, found)
    return new JsonBytes(writer.take())
  },
)

const NO_SERIES: Series = { times: new Float64Array(), values: new Float64Array() }

const wantsCsv = (url: URL) => readChoice(url, 'format', ['json', 'csv']) === 'csv'

/** Series of one answer. */
const MAX_SERIES = 100

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
    const { from, to } = readTimes(url, now)
    const points = readInteger(url, 'points', { min: 1, max: MAX_POINTS, default: null })
    const refs = readRefs(url.searchParams)
    const asked = url.searchParams.getAll('series').length
    if (asked === 0 || asked > MAX_SERIES)
      throw new HttpError(400, `series: expected 1 to ${MAX_SERIES} of the form HOST:METRIC, got ${asked}`)
    for (const host of new Set(refs.map((ref) => ref.host)))
      if (!(await mayUseHost(request, host))) throw notFound(`host as ${host.slice(0, 80)}`)
    if (wantsCsv(url)) {
      const list = await loadSeries(web.store.samples, refs, from, to)
      const named = refs.map(({ host, metric }, i) => ({
        name: `${host}:${metric}`,
        series: list[i] ?? NO_SERIES,
      }))
      return seriesCsv('series', named, from, to)
    }
    const found =
      points === null
        ? await loadSeries(web.store.samples, refs, from, to)
        : await Promise.all(refs.map((ref) => readRows(web, ref, { from, to, points })))
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

const columnsOf = (series: Series | DownsampledSeries): readonly Float64Array[] =>
  'values' in series ? [series.times, series.values] : [series.times, series.low, series.mean, series.high]

/** `{"host":…,"points":[[time,value],…]}`. */
function writeSeries(writer: PointWriter, { host, metric }: SeriesRef, series: Series | DownsampledSeries) {
  writer.text(`${JSON.stringify({ host, metric, unit: metricUnit(metric) }).slice(0, -1)},"points":[`)
  writer.rows(columnsOf(series))
  writer.text(']}')
}
