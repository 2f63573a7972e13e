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
