import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** A difference between the two clocks above this is a jump of the wall clock, not its drift. */
const JUMP_MS = 60_000

/** Sees when the wall clock of this machine is set. */
export class WallClockWatch {
  readonly #clock: Clock
  readonly #log: Log
  #steadySinceMs: number
  #offsetMs: number
  #jumpedMs = 0

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#steadySinceMs = clock.monotonicMs()
    this.#offsetMs = clock.nowMs() - clock.monotonicMs()
  }

  /** Milliseconds since the start or the last jump that `look` has seen, whichever is later. */
  get steadyMs(): number {
    return this.#clock.monotonicMs() - this.#steadySinceMs
  }

  /** Compares the two clocks; to be called in every cycle. */
  look(): void {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs()
    const jumpMs = offsetMs - this.#offsetMs
    this.#offsetMs = offsetMs
    if (Math.abs(jumpMs) <= JUMP_MS) return
    this.#steadySinceMs = this.#clock.monotonicMs()
    this.#jumpedMs += jumpMs
    this.#log.warn('the clock of this machine jumped', { seconds: Math.round(jumpMs / 1000) })
  }

  /**
   * Seconds that the clock was set forward (less than 0: back) and that waiting work was not moved by yet.
   */
  get jumpSeconds(): number {
    return Math.round(this.#jumpedMs / 1000)
  }

  /** Waiting work was moved by this many seconds, or need not be. */
  noteFollowed(seconds: number): void {
    this.#jumpedMs -= seconds * 1000
  }
}
