import type { Unit } from '../metrics/unit.ts'
import type { Series } from '../sample.ts'

/** How far the values of a metric went from what they had been before. */
export type Departure = {
  readonly metric: string
  /** The medians of the time before and of the time itself. */
  readonly before: number
  readonly now: number
  /** The distance of the two in spreads of the time before; at least `LEAST_SCORE`. */
  readonly score: number
}

/** A time in seconds since 1970, and the longer time before it that it is compared with. */
export type ComparedTime = { readonly past: number; readonly from: number; readonly to: number }

/** The time before is longer by this factor. */
const TIMES_LONGER = 4
/** A departure of fewer spreads is what values do anyway. A line that rises evenly reaches 1.7. */
const LEAST_SCORE = 4
/** With fewer samples a median has no meaning. */
const LEAST_NOW = 3
const LEAST_BEFORE = 8
/** Makes the median distance from the median comparable with a standard deviation. */
const NORMAL = 1.4826
/** A spread is at least this part of the values: a metric that never moved has a spread of zero. */
const LEAST_SHARE = 0.02
/** A spread is at least this, in the unit of the metric. */
const LEAST_SPREAD: Readonly<Record<Unit, number>> = {
  '%': 1,
  B: 1024 * 1024,
  'B/s': 2048,
  '/s': 0.5,
  s: 1,
  ms: 1,
  days: 1,
  '°C': 1,
  W: 1,
  rpm: 50,
  'Mbit/s': 1,
  state: 0.1,
  '': 0.1,
}

/** The time around an opening: from `lead` before it to as long after it, or to its end, with the time before it. */
export function timeOfDeparture(opened: number, end: number, lead: number): ComparedTime {
  const from = opened - lead
  const to = Math.max(opened, Math.min(end, opened + lead))
  return { past: from - TIMES_LONGER * (to - from), from, to }
}

/**
 * The metrics whose values departed most from their own recent past, the strongest first. Those with equal values, such
 * as the traffic of a host and of its only interface, count once, under the shorter name.
 */
export function listDepartures(
  series: ReadonlyMap<string, Series>,
  time: ComparedTime,
  unitOf: (metric: string) => Unit,
): Departure[] {
  const found: Departure[] = []
  const alike = new Set<string>()
  for (const [metric, one] of [...series].sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))) {
    const departure = measureDeparture(one, time, unitOf(metric))
    if (departure === null) continue
    const { before, now, score } = departure
    const key = `${before} ${now} ${score}`
    if (alike.has(key)) continue
    alike.add(key)
    found.push({ metric, ...departure })
  }
  return found.sort((a, b) => b.score - a.score || (a.metric < b.metric ? -1 : 1))
}

/** Whether there are enough samples of both times to tell that values departed, or that they did not. */
export function canCompare({ times }: Pick<Series, 'times'>, { past, from, to }: ComparedTime): boolean {
  const [start, middle, end] = [findFirst(times, past), findFirst(times, from), findFirst(times, to + 1)]
  return middle - start >= LEAST_BEFORE && end - middle >= LEAST_NOW
}

/** Null where there are too few samples, or the values stayed where they had been. */
function measureDeparture(
  { times, values }: Series,
  { past, from, to }: ComparedTime,
  unit: Unit,
): Omit<Departure, 'metric'> | null {
  const [start, middle, end] = [findFirst(times, past), findFirst(times, from), findFirst(times, to + 1)]
  if (middle - start < LEAST_BEFORE || end - middle < LEAST_NOW) return null
  const then = values.slice(start, middle).sort()
  const before = medianOf(then)
  const now = medianOf(values.slice(middle, end).sort())
  for (let i = 0; i < then.length; i++) then[i] = Math.abs((then[i] ?? 0) - before)
  const spread = medianOf(then.sort()) * NORMAL
  const least = Math.max(LEAST_SPREAD[unit], LEAST_SHARE * Math.max(Math.abs(before), Math.abs(now)))
  const score = Math.abs(now - before) / Math.max(spread, least)
  return score < LEAST_SCORE ? null : { before, now, score }
}

/** Of values in order. */
function medianOf(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/** The place of the first time that is not before `time`. */
function findFirst(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low
}
