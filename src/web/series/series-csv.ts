import type { Series } from '../../domain/sample.ts'
import type { TimeSpan } from '../charts/chart-marks.tsx'
import type { SeriesRef } from '../charts/series-ref.ts'
import { StreamedAnswer } from '../http/streams/streamed-answer.ts'
import { CSV_MARK, type CsvCell, csvHeaders, writeCsvRows } from '../ui/csv.ts'
import { formatIso } from '../ui/format.ts'
import { type PieceSource, readPieces } from './series-pieces.ts'

/** Cells that are written without a pause: some milliseconds. */
const CELLS_AT_ONCE = 10_000

/** A column of the file, and the series whose samples stand in it. */
export type NamedSeries = { readonly name: string; readonly ref: SeriesRef }

/** All samples of series side by side as a CSV file, with a row for each time at which one of them has a sample. */
export function seriesCsv(
  source: PieceSource,
  fileName: string,
  columns: readonly NamedSeries[],
  span: TimeSpan,
): Promise<StreamedAnswer> {
  const pieces = readPieces(
    source,
    columns.map(({ ref }) => ref),
    span,
  )
  const head = ['time (UTC)', 'seconds since 1970', ...columns.map(({ name }) => name)]
  return StreamedAnswer.begin(writeFile(head, pieces), csvHeaders(fileName))
}

async function* writeFile(
  head: readonly string[],
  pieces: AsyncIterable<readonly Series[]>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(CSV_MARK + writeCsvRows([head]))
  const atOnce = Math.max(1, Math.floor(CELLS_AT_ONCE / head.length))
  for await (const series of pieces) {
    const places = series.map(() => 0)
    for (;;) {
      const rows: CsvCell[][] = []
      while (rows.length < atOnce) {
        const row = takeRow(series, places)
        if (row === null) break
        rows.push(row)
      }
      if (rows.length === 0) break
      yield encoder.encode(writeCsvRows(rows))
    }
  }
}

/** The cells of the next time at which any of the series has a sample; `places` move on. Null behind the last one. */
function takeRow(series: readonly Series[], places: number[]): CsvCell[] | null {
  let time = Number.POSITIVE_INFINITY
  for (const [i, { times }] of series.entries()) time = Math.min(time, times[places[i] ?? 0] ?? time)
  if (time === Number.POSITIVE_INFINITY) return null
  const row: CsvCell[] = [formatIso(time), time]
  for (const [i, { times, values }] of series.entries()) {
    const place = places[i] ?? 0
    const isThere = times[place] === time
    row.push(isThere ? (values[place] ?? null) : null)
    if (isThere) places[i] = place + 1
  }
  return row
}
