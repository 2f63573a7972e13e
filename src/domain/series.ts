import { RowBuilder } from './row-builder.ts'
import type { Series } from './sample.ts'

/**
 * A series made shorter: per step its mean and its ends, so that no peak is lost. All four have the same
 * length.
 */
export type DownsampledSeries = {
  readonly times: Float64Array
  readonly low: Float64Array
  readonly mean: Float64Array
  readonly high: Float64Array
}

/**
 * At most `points` rows (1 or more). A series that is short enough keeps each sample as a row of its own.
 * Steps begin at multiples of their length, so that a graph that moves on with the time does not flicker;
 * steps without a sample have no row.
 */
export function downsampleSeries(
  { times, values }: Series,
  from: number,
  to: number,
  points: number,
): DownsampledSeries {
  const count = times.length
  if (count <= points) return { times, low: values, mean: values, high: values }
  const rows = new RowBuilder(stepOfRows(from, to, points))
  rows.addAll(0, times, values)
  return rows.take()
}

/** Seconds of a row, so that there are at most `points`; infinite for one. */
export function stepOfRows(from: number, to: number, points: number): number {
  return points === 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil((to - from + 1) / (points - 1)))
}

export type SeriesSummary = {
  readonly count: number
  readonly low: number
  readonly mean: number
  readonly high: number
  readonly last: number
  readonly lastTime: number
}

/** At most the given number of samples or whole steps as rows, and figures over all samples. */
export type SummarizedSeries = DownsampledSeries & {
  /** Samples of each row. */
  readonly counts: Float64Array
  /** Null when there is no sample. */
  readonly summary: SeriesSummary | null
  /** Seconds of a row's step; 0 where each row is a sample. */
  readonly step: number
}

/** At most `points` rows made of whole rows, so that each figure is that of all samples. */
export function mergeRows(
  { times, low, mean, high, counts, step }: SummarizedSeries,
  from: number,
  to: number,
  points: number,
): DownsampledSeries {
  const count = times.length
  if (count <= points) return { times, low, mean, high }
  const unit = Math.max(1, step)
  const rows = new RowBuilder(Math.ceil(stepOfRows(from, to, points) / unit) * unit)
  for (let i = 0; i < count; i++) {
    const [time = 0, samples = 0] = [times[i], counts[i]]
    rows.addCell(time, time, {
      count: samples,
      low: low[i] ?? 0,
      high: high[i] ?? 0,
      sum: (mean[i] ?? 0) * samples,
    })
  }
  return rows.take()
}
