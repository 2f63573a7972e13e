import type { Clock } from '../../lib/clock.ts'

/**
 * A sender that has neither sent, received nor failed for three intervals, and for at least this long, is
 * stuck: every wait of a connection is shorter than this.
 */
const STUCK_MS = 120_000
const STUCK_INTERVALS = 3

/** Tells when nothing has happened to a connection for longer than any of its waits. */
export class StuckWatch {
  readonly #clock: Clock
  #lastActivityMs: number
  /** Calls of `noteInterval` since then. */
  #idleIntervals = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastActivityMs = clock.monotonicMs()
  }

  noteActivity(): void {
    this.#lastActivityMs = this.#clock.monotonicMs()
    this.#idleIntervals = 0
  }

  /** To be called in every interval. Gives for how many milliseconds the sender has been stuck; null: it is not. */
  noteInterval(): number | null {
    this.#idleIntervals++
    const idleMs = this.#clock.monotonicMs() - this.#lastActivityMs
    return this.#idleIntervals <= STUCK_INTERVALS || idleMs < STUCK_MS ? null : idleMs
  }
}
