import { yieldThread } from '../lib/yield-thread.ts'

/** Requests that wait for their turn; further ones are refused. */
const MOST_WAITING = 1000

/** What becomes of a request when it is its turn. */
export type Turn = 'begin' | 'gone' | 'busy'

/**
 * Begins requests in the order of their coming. Between two of them sockets are looked at, those of agents among them: a page
 * takes up to tens of milliseconds on the thread that also takes samples. A request whose client has gone by then costs nothing more.
 */
export class RequestTurns {
  #waiting = 0
  #hasBegun = false

  async next(signal: AbortSignal): Promise<Turn> {
    if (this.#waiting === 0 && !this.#hasBegun) {
      this.#hasBegun = true
      setImmediate(() => {
        this.#hasBegun = false
      })
      return 'begin'
    }
    if (this.#waiting >= MOST_WAITING) return 'busy'
    this.#waiting++
    await yieldThread()
    this.#waiting--
    return signal.aborted ? 'gone' : 'begin'
  }
}
