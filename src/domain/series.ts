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
  const step =
    points === 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil((to - from + 1) / (points - 1)))
  const downsampled = {
    times: new Float64Array(points),
    low: new Float64Array(points),
    mean: new Float64Array(points),
    high: new Float64Array(points),
  }
  let rows = 0
  let i = 0
  while (i < count && rows < points) {
    const first = times[i] ?? 0
    const bucket = Math.floor(first / step)
    const end = step === Number.POSITIVE_INFINITY ? step : (bucket + 1) * step
    let last = first
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let sum = 0
    const start = i
    for (; i < count; i++) {
      const time = times[i] ?? 0
      if (time >= end) break
      const value = values[i] ?? 0
      if (value < low) low = value
      if (value > high) high = value
      sum += value
      last = time
    }
    const middle = step === Number.POSITIVE_INFINITY ? (first + last) / 2 : bucket * step + step / 2
    downsampled.times[rows] = Math.floor(Math.min(last, Math.max(first, middle)))
    downsampled.low[rows] = low
    downsampled.high[rows] = high
    // Adding rounds: the mean of equal values may else end up outside of them.
    downsampled.mean[rows] = Math.min(high, Math.max(low, sum / (i - start)))
    rows++
  }
  return {
    times: downsampled.times.subarray(0, rows),
    low: downsampled.low.subarray(0, rows),
    mean: downsampled.mean.subarray(0, rows),
    high: downsampled.high.subarray(0, rows),
  }
}

export type SeriesSummary = {
  readonly count: number
  readonly low: number
  readonly mean: number
  readonly high: number
  readonly last: number
  readonly lastTime: number
}

/** Null when there is no sample. */
export function summarizeSeries({ times, values }: Series): SeriesSummary | null {
  const count = values.length
  if (count === 0) return null
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let sum = 0
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0
    if (value < low) low = value
    if (value > high) high = value
    sum += value
  }
  const mean = Math.min(high, Math.max(low, sum / count))
  return { count, low, mean, high, last: values[count - 1] ?? 0, lastTime: times[count - 1] ?? 0 }
}
