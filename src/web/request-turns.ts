import { yieldThread } from '../lib/yield-thread.ts'

/** Requests that are begun before sockets are looked at again, those of agents among them. */
const AT_ONCE = 2
/** Requests that wait for their turn; further ones are refused. */
const MOST_WAITING = 1000

/** What becomes of a request when it is its turn. */
export type Turn = 'begin' | 'gone' | 'busy'

/**
 * Begins requests in the order of their coming, few at a time: a page takes up to tens of milliseconds on the thread that also
 * takes samples. A request whose client has gone by then costs nothing more.
 */
export class RequestTurns {
  #waiting = 0
  #begun = 0

  async next(signal: AbortSignal): Promise<Turn> {
    if (this.#waiting === 0 && this.#begun < AT_ONCE) {
      if (this.#begun++ === 0) setImmediate(() => this.#reset())
      return 'begin'
    }
    if (this.#waiting >= MOST_WAITING) return 'busy'
    this.#waiting++
    await yieldThread()
    this.#waiting--
    return signal.aborted ? 'gone' : 'begin'
  }

  #reset() {
    this.#begun = 0
  }
}
