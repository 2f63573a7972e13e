export type Timer = { cancel(): void }

/** Time as a thing that is handed in, so that a test can hold it in its hand. */
export type Clock = {
  /** Whole seconds since 1970. */
  now(): number
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  monotonicMs(): number
  /** Calls `act` once after `ms` milliseconds of the monotonic clock. */
  after(ms: number, act: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

export type TrackedClock = Clock & {
  /** When the next of its timers is due, by `monotonicMs`; infinite when there is none. */
  nextDueMs(): number
}

/** The same clock, which knows its timers. */
export function trackTimers(clock: Clock): TrackedClock {
  const dues = new Set<{ readonly atMs: number }>()
  return {
    ...clock,
    after(ms, act) {
      const due = { atMs: clock.monotonicMs() + ms }
      dues.add(due)
      const timer = clock.after(ms, () => {
        dues.delete(due)
        act()
      })
      return {
        cancel() {
          dues.delete(due)
          timer.cancel()
        },
      }
    },
    nextDueMs() {
      let next = Number.POSITIVE_INFINITY
      for (const { atMs } of dues) next = Math.min(next, atMs)
      return next
    },
  }
}
