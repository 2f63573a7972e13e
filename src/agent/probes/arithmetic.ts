import type { ProbeSample } from './probe.ts'

/** A kernel counter, or null when the text is not one. */
export function parseCount(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : null
}

/**
 * How far a counter moved on; null when it went backwards (wrapped, reset, another device) or was not there.
 */
export function findIncrease(
  now: number | null | undefined,
  before: number | null | undefined,
): number | null {
  if (now == null || before == null || !(now >= before)) return null
  return now - before
}

/** The part of all that a counter may fall behind in one interval and still count as standing still. */
const STEP_BACK = 0.1

/**
 * The increase of counters of one kind. The kernel and hypervisors sometimes take back a few ticks of one of
 * them, which counts as no increase. Null when no time has passed, or when one fell so far that it was reset.
 */
export function findIncreases(now: readonly number[], before: readonly number[]): number[] | null {
  const steps = now.map((value, i) => value - (before[i] ?? Number.NaN))
  const total = steps.reduce((sum, step) => sum + Math.max(0, step), 0)
  return total > 0 && steps.every((step) => step >= -total * STEP_BACK)
    ? steps.map((step) => Math.max(0, step))
    : null
}

/** Average a second of what a counter gained, to that many decimals; null as above. */
export function ratePerSecond(
  now: number | null | undefined,
  before: number | null | undefined,
  seconds: number,
  decimals = 0,
): number | null {
  const gained = findIncrease(now, before)
  return gained === null || !(seconds > 0) ? null : roundTo(gained / seconds, decimals)
}

/** A share as a percentage from 0 to 100; null when the whole is 0 or the part is larger. */
export function percentOf(part: number, whole: number, decimals = 1): number | null {
  return whole > 0 && part >= 0 && part <= whole ? roundTo((part / whole) * 100, decimals) : null
}

/**
 * A counter of busy time may be this far ahead of our own clock: it is read a moment later, and the kernel
 * counts in ticks.
 */
const TIMER_SLACK = 0.05
const TIMER_SLACK_SECONDS = 0.1

/**
 * The share of the interval that something was busy; a little more than all of it counts as all of it, much
 * more gives no value.
 */
export function percentOfTime(busySeconds: number | null, seconds: number, decimals = 1): number | null {
  if (busySeconds === null || !(seconds > 0)) return null
  if (busySeconds > seconds + Math.max(seconds * TIMER_SLACK, TIMER_SLACK_SECONDS)) return null
  return percentOf(Math.min(busySeconds, seconds), seconds, decimals)
}

/** Few decimals are kept everywhere: noise below them would cost the server most of the space. */
export function roundTo(value: number, decimals: number): number {
  const scale = 10 ** decimals
  return Math.round(value * scale) / scale
}

/** Adds the value unless there is none. */
export function addSample(samples: ProbeSample[], metric: string, value: number | null) {
  if (value !== null && Number.isFinite(value)) samples.push({ metric, value })
}
