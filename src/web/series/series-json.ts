import { metricUnit } from '../../domain/metrics/metric.ts'
import type { Series } from '../../domain/sample.ts'
import type { DownsampledSeries } from '../../domain/series.ts'
import type { SeriesRef } from '../charts/series-ref.ts'
import { PointWriter } from './point-writer.ts'

/** Rows that are written without a pause: some 2 ms. */
const ROWS_AT_ONCE = 10_000

const columnsOf = (series: Series | DownsampledSeries): readonly Float64Array[] =>
  'values' in series ? [series.times, series.values] : [series.times, series.low, series.mean, series.high]

const headOf = ({ host, metric }: SeriesRef) =>
  `${JSON.stringify({ host, metric, unit: metricUnit(metric) }).slice(0, -1)},"points":[`

/** `{"host":…,"points":[[time,value],…]}`. */
export function writeSeries(writer: PointWriter, ref: SeriesRef, series: Series | DownsampledSeries) {
  writer.text(headOf(ref))
  writer.rows(columnsOf(series))
  writer.text(']}')
}

/** The same in pieces, of one series that comes in parts of its time. */
export async function* writeSeriesInPieces(
  ref: SeriesRef,
  parts: AsyncIterable<Series | DownsampledSeries>,
): AsyncGenerator<Uint8Array> {
  yield encode(headOf(ref))
  let isFirst = true
  for await (const part of parts)
    for (let start = 0; start < part.times.length; start += ROWS_AT_ONCE) {
      const writer = new PointWriter()
      if (!isFirst) writer.text(',')
      writer.rows(columnsOf(part).map((column) => column.subarray(start, start + ROWS_AT_ONCE)))
      isFirst = false
      yield writer.take()
    }
  yield encode(']}')
}

/** `{"series":[…]}`. */
export async function* writeListInPieces(
  series: Iterable<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  yield encode('{"series":[')
  let isFirst = true
  for (const pieces of series) {
    if (!isFirst) yield encode(',')
    isFirst = false
    yield* pieces
  }
  yield encode(']}')
}

const encode = (text: string) => new TextEncoder().encode(text)
