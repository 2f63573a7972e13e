import type { Series } from '../sample.ts'

/** When something that fills up will be full. Times are seconds since 1970. */
export type Forecast = {
  /** Percent a day: the likely growth, and the range in which it lies. */
  readonly growth: { readonly low: number; readonly mid: number; readonly high: number }
  /** The days between which it will be full; `latest` is null when it may also never be. */
  readonly full: { readonly earliest: number; readonly latest: number | null }
}

const DAY = 86_400
/** A shorter history gives no forecast. */
const LEAST_DAYS = 3
/** Growth below this, in percent a day, is flat. */
const FLAT = 0.01
/** Nothing is forecast beyond three years. */
const FARTHEST_DAYS = 3 * 365
/** However even the growth was: the range is at least so much of the time left, and a day, to each side. */
const LEAST_SPREAD = 0.15
/** Steps that the time is divided into; more cost time and add nothing. */
const STEPS = 90

/**
 * Forecasts from percentages over time. Slopes between all steps that lie at least a third of the time apart
 * are sorted: their middle is the growth, and the tenth and the ninetieth of a hundred bound it, so that a
 * day of cleaning up or a single large file widens the range and does not turn it. A single leap in all of
 * the time (a clean-up, a large copy) is an exception and is taken out; several are how the thing is used,
 * and count. Null when the time is too short, the growth flat or downward, or the end too far.
 */
export function forecastFull(series: Series, limit = 100): Forecast | null {
  const { times, values } = series
  const first = times[0]
  const last = times[times.length - 1]
  if (first === undefined || last === undefined || last - first < LEAST_DAYS * DAY) return null
  const points = withoutLeap(averageSteps(series, first, last))
  const slopes: number[] = []
  const apart = (last - first) / 3
  for (let i = 0; i < points.length; i++)
    for (let j = i + 1; j < points.length; j++) {
      const [a, b] = [points[i], points[j]]
      if (a && b && b.time - a.time >= apart) slopes.push(((b.value - a.value) / (b.time - a.time)) * DAY)
    }
  if (slopes.length < 6) return null
  slopes.sort((a, b) => a - b)
  const at = (share: number) => slopes[Math.min(slopes.length - 1, Math.floor(share * slopes.length))] ?? 0
  const growth = { low: at(0.1), mid: at(0.5), high: at(0.9) }
  if (growth.mid < FLAT) return null
  const left = Math.max(0, limit - (values[values.length - 1] ?? 0))
  if (left / growth.mid > FARTHEST_DAYS) return null
  const days = left / growth.mid
  const spread = Math.max(days * LEAST_SPREAD, 1)
  const early = Math.max(0, Math.min(left / growth.high, days - spread))
  const late = growth.low < FLAT ? Number.POSITIVE_INFINITY : Math.max(left / growth.low, days + spread)
  const latest = late > FARTHEST_DAYS ? null : last + late * DAY
  return { growth, full: { earliest: last + early * DAY, latest } }
}

/** A leap is at least so many percent, and so many times the usual change in a step. */
const LEAP = 3
const LEAP_TIMES = 8

type Point = { readonly time: number; readonly value: number }

/**
 * The points as if the only leap among them had not been; as they are where there is none, or another half as
 * large.
 */
function withoutLeap(points: readonly Point[]): readonly Point[] {
  const apart = median(points.slice(1).map(({ time }, i) => time - (points[i]?.time ?? time)))
  // Across a gap a leap cannot be told from growth.
  const moves = points.slice(1).map(({ time, value }, i) => {
    const before = points[i]
    return before !== undefined && time - before.time <= 2 * apart ? value - before.value : 0
  })
  const usual = median(moves.map(Math.abs))
  const isLarge = (move: number) => Math.abs(move) >= Math.max(LEAP / 2, usual * (LEAP_TIMES / 2))
  const leaps: { start: number; end: number; size: number }[] = []
  for (const [i, move] of moves.entries()) {
    if (!isLarge(move)) continue
    const before = leaps.at(-1)
    // The mean of the step in which it happened lies between both levels, so one leap looks like two.
    if (before && before.end === i && before.size > 0 === move > 0)
      leaps[leaps.length - 1] = { start: before.start, end: i + 1, size: before.size + move }
    else leaps.push({ start: i, end: i + 1, size: move })
  }
  const [leap, next] = leaps.sort((a, b) => Math.abs(b.size) - Math.abs(a.size))
  if (leap === undefined || Math.abs(leap.size) < Math.max(LEAP, usual * LEAP_TIMES)) return points
  if (next !== undefined && Math.abs(next.size) >= Math.abs(leap.size) / 2) return points
  const { start, end, size } = leap
  // The points between are neither before nor after it.
  return points
    .filter((_, i) => i <= start || i >= end)
    .map(({ time, value }, i) => ({ time, value: i <= start ? value : value - size }))
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

function averageSteps({ times, values }: Series, first: number, last: number) {
  const length = Math.max((last - first) / STEPS, 3600)
  const points: { time: number; value: number }[] = []
  let step = -1
  let count = 0
  let time = 0
  let value = 0
  const end = () => count > 0 && points.push({ time: time / count, value: value / count })
  for (let i = 0; i < times.length; i++) {
    const current = Math.floor(((times[i] ?? 0) - first) / length)
    if (current !== step) {
      end()
      step = current
      count = time = value = 0
    }
    count++
    time += times[i] ?? 0
    value += values[i] ?? 0
  }
  end()
  return points
}

/**
 * `full in 4 to 6 days`, `full within 2 days`, `full in 12 days or later`; what is months away is said in months.
 * Empty when the earliest day is more than `farthest` seconds away.
 */
export function describeFull({ full }: Forecast, now: number, farthest = Number.POSITIVE_INFINITY): string {
  if (full.earliest - now > farthest) return ''
  const early = Math.max(0, Math.floor((full.earliest - now) / DAY))
  if (full.latest === null) return early === 0 ? 'may be full any day' : `full in ${count(early)} or later`
  const late = Math.max(1, Math.ceil((full.latest - now) / DAY))
  if (early === 0) return `full within ${count(late)}`
  if (early === late) return `full in ${count(early)}`
  const [a, b] = [inUnit(early), inUnit(late)]
  if (a.unit !== b.unit) return `full in ${count(early)} to ${count(late)}`
  return a.number === b.number ? `full in ${count(early)}` : `full in ${a.number} to ${count(late)}`
}

/** Days up to two months, then months, then years. */
function inUnit(days: number): { number: number; unit: string } {
  if (days <= 60) return { number: days, unit: 'day' }
  if (days < 700) return { number: Math.round(days / 30.4), unit: 'month' }
  return { number: Math.round(days / 365), unit: 'year' }
}

function count(days: number): string {
  const { number, unit } = inUnit(days)
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}
