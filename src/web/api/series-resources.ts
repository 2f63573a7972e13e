import { metricUnit } from '../../domain/metrics/metric.ts'
import type { Series } from '../../domain/sample.ts'
import { type DownsampledSeries, downsampleSeries } from '../../domain/series.ts'
import { seriesCsv } from '../charts/series-csv.ts'
import { loadSeries, readRefs } from '../charts/series-ref.ts'
import { readChoice, readInteger, readTimes } from '../http/query-parameters.ts'
import { HttpError, notFound, route } from '../http/route.ts'

/** More rows than this are no picture. */
const MAX_POINTS = 100_000

/** Every sample of a metric, or at most `points` rows of time, minimum, mean and maximum. */
export const apiSeries = route(
  {
    path: '/api/v1/hosts/:name/metrics/:metric',
    access: 'viewer',
    doc: 'Every sample of a metric, of the last hour unless said otherwise.',
  },
  async ({ params: { name = '', metric = '' }, url, now, web }) => {
    const { from, to } = readTimes(url, now)
    const points = readInteger(url, 'points', { min: 1, max: MAX_POINTS, default: null })
    const series = await web.store.samples.range(name, metric, from, to)
    // The usual case needs one question only; what is missing is looked for when there is nothing to show.
    if (series.times.length === 0) {
      if (!(await web.store.hosts.find(name))) throw notFound('host')
      if (!(await web.store.hosts.metrics(name)).includes(metric)) throw notFound('metric of this host')
    }
    if (wantsCsv(url)) return seriesCsv(`${name}-${metric}`, [{ name: metric, series }], from, to)
    const rows =
      points === null
        ? writeRows([series.times, series.values])
        : writeDownsampled(downsample(series, from, to, points))
    const head = JSON.stringify({ host: name, metric, unit: metricUnit(metric) }).slice(0, -1)
    return new Response(`${head},"points":[${rows}]}`, { headers: { 'content-type': 'application/json' } })
  },
)

const NO_SERIES: Series = { times: new Float64Array(), values: new Float64Array() }

const wantsCsv = (url: URL) => readChoice(url, 'format', ['json', 'csv']) === 'csv'

/** Series of one answer. */
const MAX_SERIES = 100

/** Several metrics of any hosts at once, named `series=HOST:METRIC`; what is not known has no points. */
export const apiSeriesList = route(
  {
    path: '/api/v1/series',
    access: 'viewer',
    doc: 'Several metrics of any hosts at once.',
  },
  async ({ url, now, web }) => {
    const { from, to } = readTimes(url, now)
    const points = readInteger(url, 'points', { min: 1, max: MAX_POINTS, default: null })
    const refs = readRefs(url.searchParams)
    const asked = url.searchParams.getAll('series').length
    if (asked === 0 || asked > MAX_SERIES)
      throw new HttpError(400, `series: expected 1 to ${MAX_SERIES} of the form HOST:METRIC, got ${asked}`)
    const list = await loadSeries(web.store.samples, refs, from, to)
    if (wantsCsv(url)) {
      const named = refs.map(({ host, metric }, i) => ({
        name: `${host}:${metric}`,
        series: list[i] ?? NO_SERIES,
      }))
      return seriesCsv('series', named, from, to)
    }
    const parts = refs.map(({ host, metric }, i) => {
      const series = list[i] ?? NO_SERIES
      const rows =
        points === null
          ? writeRows([series.times, series.values])
          : writeDownsampled(downsample(series, from, to, points))
      const head = JSON.stringify({ host, metric, unit: metricUnit(metric) }).slice(0, -1)
      return `${head},"points":[${rows}]}`
    })
    return new Response(`{"series":[${parts.join(',')}]}`, {
      headers: { 'content-type': 'application/json' },
    })
  },
)

/** Who asks for far more time than there are samples of is given the detail of what there is. */
function downsample(series: Series, from: number, to: number, points: number): DownsampledSeries {
  const first = series.times[0] ?? from
  const last = series.times[series.times.length - 1] ?? to
  const isSparse = last - first < (to - from) / 2
  return isSparse ? downsampleSeries(series, first, last, points) : downsampleSeries(series, from, to, points)
}

function writeDownsampled({ times, low, mean, high }: DownsampledSeries): string {
  return writeRows([times, low, mean, high])
}

const ROWS_AT_A_TIME = 4096

/**
 * `[a,b],[a,b]` as JSON, from columns of equal length. Rows are used again and again: a year has half a
 * million, and as many arrays at once would take a third of the memory that the server has.
 */
export function writeRows(columns: readonly Float64Array[]): string {
  const count = columns[0]?.length ?? 0
  const rows = Array.from({ length: Math.min(count, ROWS_AT_A_TIME) }, () => columns.map(() => 0))
  const texts: string[] = []
  for (let start = 0; start < count; start += rows.length) {
    rows.length = Math.min(rows.length, count - start)
    for (const [offset, row] of rows.entries())
      for (let i = 0; i < columns.length; i++) row[i] = columns[i]?.[start + offset] ?? 0
    texts.push(JSON.stringify(rows).slice(1, -1))
  }
  return texts.join(',')
}
