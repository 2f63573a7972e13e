import { describe, expect, test } from 'bun:test'
import { describeFull, type Forecast, forecastFull } from '../../../src/domain/hosts/capacity.ts'
import { seededRandom } from '../../support/seed.ts'

const DAY = 86_400
const START = 1_795_000_000

/** A value each hour, up to `days`. */
function series(days: number, value: (day: number) => number) {
  const count = days * 24 + 1
  const times = Float64Array.from({ length: count }, (_, i) => START + i * 3600)
  return { times, values: times.map((time) => value((time - START) / DAY)) }
}

describe('when something will be full', () => {
  test('lies around the day to which an even growth leads, never on a single one', () => {
    const forecast = forecastFull(series(30, (day) => 60 + day))
    expect(forecast?.growth.mid).toBeCloseTo(1, 5)
    const end = START + 40 * DAY
    expect(forecast?.full.earliest).toBeLessThan(end)
    expect(forecast?.full.latest).toBeGreaterThan(end)
    expect((forecast?.full.latest ?? 0) - (forecast?.full.earliest ?? 0)).toBeLessThan(6 * DAY)
  })

  test('is a wider range where the growth is uneven', () => {
    const random = seededRandom(5)
    const even = forecastFull(series(30, (day) => 50 + day))
    const uneven = forecastFull(series(30, (day) => 50 + day + (day < 29 ? (day % 3) * 6 * random() - 3 : 0)))
    const width = (of: typeof even) =>
      (of?.full.latest ?? Number.POSITIVE_INFINITY) - (of?.full.earliest ?? 0)
    expect(width(uneven)).toBeGreaterThan(width(even))
    expect(uneven?.growth.mid).toBeGreaterThan(0.6)
    expect(uneven?.growth.mid).toBeLessThan(1.5)
  })

  test('has no end where the growth may also be none', () => {
    const forecast = forecastFull(series(30, (day) => 80 + (day < 20 ? 0 : (day - 20) * 0.8)))
    expect(forecast?.full.latest ?? null).toBeNull()
  })

  test('is not thrown off by one day of cleaning up', () => {
    const forecast = forecastFull(series(30, (day) => 50 + day + (day > 12 && day < 13 ? -30 : 0)))
    expect(forecast?.growth.mid).toBeCloseTo(1, 1)
  })

  test.each([
    ['cleaned up in the middle', (day: number) => (day < 15 ? 60 : 25) + day, 45],
    ['cleaned up two days ago', (day: number) => (day < 28 ? 60 : 10) + day, 60],
    ['a large file that came to stay', (day: number) => (day < 10 ? 20 : 40) + day, 30],
  ])('is that of the growth, not of a single leap: %s', (_, value, days) => {
    const forecast = forecastFull(series(30, value))
    const end = START + (30 + days) * DAY
    expect(forecast?.growth.mid).toBeCloseTo(1, 1)
    expect(forecast?.full.earliest).toBeLessThan(end)
    expect(forecast?.full.latest ?? 0).toBeGreaterThan(end)
  })

  test('counts leaps that come again and again, as a backup a week does', () => {
    const forecast = forecastFull(series(30, (day) => 55 + Math.floor(day / 7) * 5))
    expect(forecast?.growth.mid).toBeCloseTo(0.7, 1)
  })

  test('takes what grew while nobody looked for growth', () => {
    const { times, values } = series(30, (day) => 60 + day)
    const isSeen = (_: unknown, i: number) => i < 8 * 24 || i > 18 * 24
    expect(
      forecastFull({ times: times.filter(isSeen), values: values.filter(isSeen) })?.growth.mid,
    ).toBeCloseTo(1, 5)
  })

  test('is a time that has come for what is full already', () => {
    const forecast = forecastFull(series(10, (day) => Math.min(100, 85 + 2 * day)))
    expect(forecast?.full.earliest).toBeLessThanOrEqual(START + 10 * DAY)
  })

  test.each([
    ['flat', series(30, () => 70)],
    ['flat before and after a leap', series(30, (day) => (day < 15 ? 50 : 80))],
    ['flat but for cleaning up every week', series(30, (day) => 60 + (day % 7) * 2)],
    ['flat with a daily swing', series(30, (day) => 70 + 4 * Math.sin(day * 2 * Math.PI))],
    ['falling', series(30, (day) => 90 - day)],
    ['too short', series(2, (day) => 50 + 5 * day)],
    ['centuries away', series(30, (day) => 1 + 0.02 * day)],
    ['of a single sample', series(0, () => 5)],
    ['of nothing', { times: new Float64Array(), values: new Float64Array() }],
  ])('is not told where the growth is %s', (_, of) => expect(forecastFull(of)).toBeNull())
})

describe('a forecast in words', () => {
  const days = (earliest: number, latest: number | null): Forecast => ({
    growth: { low: 1, mid: 1, high: 1 },
    full: { earliest: START + earliest * DAY, latest: latest === null ? null : START + latest * DAY },
  })
  test.each([
    [4.2, 5.8, 'full in 4 to 6 days'],
    [9, 9, 'full in 9 days'],
    [0.4, 1.6, 'full within 2 days'],
    [-2, -1, 'full within 1 day'],
    [12.3, null, 'full in 12 days or later'],
    [0, null, 'may be full any day'],
    [50, 80, 'full in 50 days to 3 months'],
    [80, 95, 'full in 3 months'],
    [100, 800, 'full in 3 months to 2 years'],
  ])('%p to %p days: %p', (earliest, latest, words) => {
    expect(describeFull(days(earliest, latest), START)).toBe(words)
  })
  test('is left out where it is far away', () => {
    expect(describeFull(days(90, 100), START, 30 * DAY)).toBe('')
  })
})
