import type { Clock } from '../lib/clock.ts'

/**
 * A difference of the two clocks up to this is not a jump: more than NTP slews, less than any age that
 * matters.
 */
const JUMP_MS = 30_000
/** How long the wall clock is doubted after a jump. */
const DOUBT_MS = 10 * 60_000

export type ClockJumpDetector = {
  /**
   * False for ten minutes after the wall clock jumped. While it is doubted nothing is thrown away for its
   * age: a clock that is a year ahead for a moment must not empty the queue.
   */
  isSteady(): boolean
}

/** Compares the wall clock with the monotonic one at each question; a machine that slept counts as a jump. */
export function watchClock(clock: Clock): ClockJumpDetector {
  let offsetMs = clock.nowMs() - clock.monotonicMs()
  let doubtedUntilMs = Number.NEGATIVE_INFINITY
  return {
    isSteady() {
      const nowMs = clock.monotonicMs()
      const newOffsetMs = clock.nowMs() - nowMs
      if (Math.abs(newOffsetMs - offsetMs) > JUMP_MS) doubtedUntilMs = nowMs + DOUBT_MS
      offsetMs = newOffsetMs
      return nowMs >= doubtedUntilMs
    },
  }
}
