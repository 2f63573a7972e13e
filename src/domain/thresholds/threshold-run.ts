import { isBreach, type Threshold } from './threshold.ts'

/** A threshold on its way to hold, or holding. Those that have neither begun are not kept. */
export type Run = {
  /** Says which threshold it is even after its value was changed in the configuration. */
  readonly key: string
  readonly holds: boolean
  /**
   * Begin of the samples without a long hole that breach or, while it holds, that are good; null while there
   * are none of these.
   */
  readonly since: number | null
  /** Those samples, oldest first, while they still count. Absent in a state that an older version stored. */
  readonly stretches?: readonly SampleStretch[]
}

/** Samples at even distances: the time of the first, that of the last, and how many they are. */
type SampleStretch = readonly [first: number, last: number, samples: number]

/** One value of a metric, on its way through the thresholds of that metric. */
export type Sample = {
  readonly value: number
  readonly time: number
  /** Time of the sample before; null when there is none, or when the clock went back since. */
  readonly before: number | null
  /** Seconds between two samples, as they are expected. */
  readonly interval: number
}

/**
 * Holes up to this many seconds never restart a count, however short the interval: a busy machine skips
 * cycles.
 */
const COVERED_HOLE = 60

/**
 * Unevenly spread samples are kept as at most this many stretches; beyond it the oldest are treated as even.
 */
const MAX_STRETCHES = 32

/**
 * The longest time without a sample, in seconds, that a count of `needed` seconds covers: two intervals, a
 * minute, or a quarter of the count, whichever is longest.
 */
export const coveredHole = (needed: number, interval: number) =>
  Math.max(2 * interval, COVERED_HOLE, needed / 4)

/** Seconds of good samples until a threshold is over: its own setting, or two intervals. */
const clearSeconds = (threshold: Threshold, interval: number) => threshold.clearAfter ?? 2 * interval

/** The longest hole that any count of these thresholds covers. */
export function longestHole(thresholds: readonly Threshold[], interval: number): number {
  let longest = coveredHole(0, interval)
  for (const threshold of thresholds)
    longest = Math.max(
      longest,
      coveredHole(threshold.duration, interval),
      coveredHole(clearSeconds(threshold, interval), interval),
    )
  return longest
}

/**
 * One sample more. A threshold begins to hold when all samples of its duration breach, at least half of the
 * expected ones are there and no hole among them is longer than `coveredHole`; it ends in the same way with
 * samples that are good.
 */
export function advanceRun(threshold: Threshold, run: Run, sample: Sample): Run {
  const { value, time, before, interval } = sample
  const { compare } = threshold
  const counts = run.holds
    ? !isBreach(value, compare, threshold.value) &&
      !isBreach(value, compare, threshold.clearValue ?? threshold.value)
    : isBreach(value, compare, threshold.value)
  if (!counts) return run.since === null ? run : { key: run.key, holds: run.holds, since: null }
  const needed = run.holds ? clearSeconds(threshold, interval) : threshold.duration
  const isUnbroken = before !== null && time - before <= coveredHole(needed, interval)
  const since = isUnbroken && run.since !== null ? run.since : time
  const from = time - needed
  const held = since === time ? [] : (run.stretches ?? assumeEven(since, before ?? since, interval))
  const stretches = addSample(held, time, from)
  if (since <= from && 2 * interval * countAfter(stretches, from) >= needed)
    return { key: run.key, holds: !run.holds, since: null }
  return { key: run.key, holds: run.holds, since, stretches }
}

/** A count that an older version stored, of which only the beginning is known. */
function assumeEven(first: number, last: number, interval: number): readonly SampleStretch[] {
  return [[first, last, Math.round((last - first) / interval) + 1]]
}

function addSample(held: readonly SampleStretch[], time: number, from: number): readonly SampleStretch[] {
  const kept = held.filter(([, last]) => last > from)
  const newest = kept.at(-1)
  if (newest !== undefined) {
    const [first, last, samples] = newest
    if (samples === 1 || (time - last) * (samples - 1) === last - first)
      return [...kept.slice(0, -1), [first, time, samples + 1]]
  }
  const [oldest, second] = kept
  if (kept.length < MAX_STRETCHES || oldest === undefined || second === undefined)
    return [...kept, [time, time, 1]]
  return [[oldest[0], second[1], oldest[2] + second[2]], ...kept.slice(2), [time, time, 1]]
}

/** The samples later than `from`. */
function countAfter(stretches: readonly SampleStretch[], from: number): number {
  let count = 0
  for (const [first, last, samples] of stretches)
    if (first > from) count += samples
    else if (last > from) count += Math.ceil(((last - from) * (samples - 1)) / (last - first))
  return count
}

export function isRun({ key, holds, since, stretches = [] }: Run): boolean {
  return (
    typeof key === 'string' &&
    typeof holds === 'boolean' &&
    (since === null || Number.isInteger(since)) &&
    stretches.every((stretch) => stretch.length === 3 && stretch.every(Number.isFinite))
  )
}
