import { describe, expect, test } from 'bun:test'
import { downsampleSeries } from '../../src/domain/series.ts'
import { seededRandom } from '../support/seed.ts'

function walk(count: number, step = 60, seed = 1) {
  const random = seededRandom(seed)
  const times = Float64Array.from({ length: count }, (_, i) => 1_000_000_020 + i * step)
  return { times, values: Float64Array.from({ length: count }, () => random() * 100) }
}

describe('thinning', () => {
  test('leaves a short series as it is', () => {
    const series = walk(10)
    expect(downsampleSeries(series, 0, 2e9, 10)).toEqual({
      times: series.times,
      low: series.values,
      mean: series.values,
      high: series.values,
    })
  })

  test('loses neither the least nor the greatest value, and keeps to the number of rows', () => {
    for (const [count, points] of [
      [43_200, 1000],
      [100, 99],
      [7, 3],
      [5000, 2],
      [5000, 1],
      [1441, 720],
    ] as const) {
      const series = walk(count)
      const [first, last] = [series.times[0] ?? 0, series.times.at(-1) ?? 0]
      const { times, low, mean, high } = downsampleSeries(series, first - 50, last + 50, points)
      expect(times.length).toBeGreaterThan(0)
      expect(times.length).toBeLessThanOrEqual(points)
      expect(Math.min(...low)).toBe(Math.min(...series.values))
      expect(Math.max(...high)).toBe(Math.max(...series.values))
      for (const [i, time] of times.entries()) {
        expect(time).toBeGreaterThan(times[i - 1] ?? 0)
        expect(mean[i]).toBeGreaterThanOrEqual(low[i] ?? Number.NaN)
        expect(mean[i]).toBeLessThanOrEqual(high[i] ?? Number.NaN)
      }
    }
  })

  test('does not flicker when the time moves on', () => {
    const series = walk(3000)
    const end = series.times.at(-1) ?? 0
    const before = downsampleSeries(series, end - 180_000, end, 200)
    const after = downsampleSeries(series, end - 180_000 + 61, end + 61, 200)
    const known = new Set(before.times)
    const moved = [...after.times].filter((time) => !known.has(time))
    expect(moved.length).toBeLessThanOrEqual(2)
  })

  test('leaves a gap empty', () => {
    const series = walk(2000)
    const kept = [...series.times.keys()].filter((i) => i < 500 || i > 1200)
    const holed = {
      times: Float64Array.from(kept, (i) => series.times[i] ?? 0),
      values: Float64Array.from(kept, (i) => series.values[i] ?? 0),
    }
    const { times } = downsampleSeries(holed, series.times[0] ?? 0, series.times.at(-1) ?? 0, 200)
    const inside = [...times].filter(
      (time) => time > (series.times[500] ?? 0) && time < (series.times[1200] ?? 0),
    )
    expect(inside).toEqual([])
  })
})
