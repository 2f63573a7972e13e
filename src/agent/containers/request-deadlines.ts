import type { Clock, Timer } from '../../lib/clock.ts'
import type { EngineConnection } from './engine-connection.ts'

/** Ends requests that take too long, by one timer for all of them; without a request there is none. */
export class RequestDeadlines {
  readonly #clock: Clock
  readonly #waiting = new Map<EngineConnection, { readonly dueMs: number; readonly ms: number }>()
  #timer: Timer | null = null
  #timerMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Closes `connection` when `act` has not ended within `ms` milliseconds. */
  async within<T>(connection: EngineConnection, ms: number, act: () => Promise<T>): Promise<T> {
    const dueMs = this.#clock.monotonicMs() + ms
    this.#waiting.set(connection, { dueMs, ms })
    if (dueMs < this.#timerMs) this.#arm(dueMs)
    try {
      return await act()
    } finally {
      this.#waiting.delete(connection)
      if (this.#waiting.size === 0) this.#disarm()
    }
  }

  #arm(dueMs: number): void {
    this.#timer?.cancel()
    this.#timerMs = dueMs
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.monotonicMs()), () => this.#look())
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#timerMs = Number.POSITIVE_INFINITY
  }

  #look(): void {
    this.#timer = null
    this.#timerMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    // A timer may be early by a part of a millisecond.
    for (const [connection, { dueMs, ms }] of this.#waiting)
      if (dueMs <= nowMs + 1) connection.close(new Error(`no answer within ${ms / 1000} s`))
      else nextMs = Math.min(nextMs, dueMs)
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs)
  }
}
