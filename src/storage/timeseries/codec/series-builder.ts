import type { Series } from '../../../domain/sample.ts'

/** Seconds since `midnight`, and a value for each. */
export type DayOfSamples = {
  readonly midnight: number
  readonly offsets: Float64Array
  readonly values: Float64Array
}

/** Gathers samples in ascending order. */
export type SeriesBuilder = {
  add(time: number, value: number): void
  /** A day's samples without those outside of `from` to `to`. */
  addDay(day: DayOfSamples, from: number, to: number): void
  take(): Series
}

export function createSeriesBuilder(capacity: number): SeriesBuilder {
  let times = new Float64Array(capacity)
  let values = new Float64Array(capacity)
  let length = 0

  function reserve(count: number) {
    if (length + count <= times.length) return
    const size = Math.max(times.length * 2, length + count)
    times = enlarge(times, size)
    values = enlarge(values, size)
  }

  return {
    add(time, value) {
      reserve(1)
      times[length] = time
      values[length++] = value
    },
    addDay({ midnight, offsets, values: dayValues }, from, to) {
      if (offsets.length !== dayValues.length)
        throw new RangeError(`${dayValues.length} values for ${offsets.length} times`)
      reserve(offsets.length)
      for (let i = 0; i < offsets.length; i++) {
        const time = midnight + (offsets[i] ?? 0)
        if (time < from || time > to) continue
        times[length] = time
        values[length++] = dayValues[i] ?? 0
      }
    },
    take: () => ({ times: times.subarray(0, length), values: values.subarray(0, length) }),
  }
}

/** Both in one, ascending; where both have a time, the newer's value counts. */
export function mergeSeries(older: Series, newer: Series): Series {
  if (newer.times.length === 0) return older
  if (older.times.length === 0) return newer
  const merged = createSeriesBuilder(older.times.length + newer.times.length)
  let i = 0
  let k = 0
  while (i < older.times.length || k < newer.times.length) {
    const a = older.times[i] ?? Number.POSITIVE_INFINITY
    const b = newer.times[k] ?? Number.POSITIVE_INFINITY
    if (a < b) {
      merged.add(a, older.values[i] ?? 0)
    } else {
      merged.add(b, newer.values[k] ?? 0)
      k++
    }
    if (a <= b) i++
  }
  return merged.take()
}

function enlarge(array: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(array)
  return larger
}
