import type { Series } from '../../domain/sample.ts'
import { downsampleSeries } from '../../domain/series.ts'
import { type CsvCell, csvResponse } from '../ui/csv.ts'
import { formatIso } from '../ui/format.ts'

/** Most rows of one file; a longer series is downsampled, and the file's header says so. */
const MAX_ROWS = 100_000

export type NamedSeries = { readonly name: string; readonly series: Series }

/**
 * Series side by side as a CSV file, with a row for each time at which one of them has a sample. All samples
 * when they are at most `MAX_ROWS`; otherwise minimum, mean and maximum of even steps.
 */
export function seriesCsv(
  fileName: string,
  list: readonly NamedSeries[],
  from: number,
  to: number,
): Promise<Response> {
  const most = Math.max(0, ...list.map(({ series }) => series.times.length))
  const isDownsampled = most > MAX_ROWS
  const columns: { head: string; times: Float64Array; values: Float64Array }[] = list.flatMap(
    ({ name, series }) => {
      if (!isDownsampled) return [{ head: name, ...series }]
      const { times, low, mean, high } = downsampleSeries(series, from, to, MAX_ROWS)
      return [
        { head: `${name} minimum`, times, values: low },
        { head: `${name} mean`, times, values: mean },
        { head: `${name} maximum`, times, values: high },
      ]
    },
  )
  const rows = new Map<number, CsvCell[]>()
  for (const [column, { times, values }] of columns.entries())
    for (let i = 0; i < times.length; i++) {
      const time = times[i] ?? 0
      let row = rows.get(time)
      if (!row) {
        row = [formatIso(time), time, ...columns.map(() => null)]
        rows.set(time, row)
      }
      row[column + 2] = values[i] ?? null
    }
  const ordered = [...rows.values()].sort((a, b) => Number(a[1]) - Number(b[1]))
  return csvResponse(
    fileName,
    ['time (UTC)', 'seconds since 1970', ...columns.map(({ head }) => head)],
    ordered,
  )
}
