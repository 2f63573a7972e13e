import { type Backoff, createBackoff } from '../../lib/backoff.ts'
import type { CollectorAddress } from './connect.ts'

/** Which server is asked next, and after what pause. */
export class CollectorRotation {
  readonly #servers: readonly CollectorAddress[]
  readonly #away: Backoff = createBackoff({ leastMs: 1000, mostMs: 60_000 })
  readonly #refusing: Backoff = createBackoff({ leastMs: 60_000, mostMs: 600_000 })
  readonly #reconnectDelayMs: number
  #wasClosed = false
  #turn = 0
  #failuresInRound = 0
  #rejectionsInRound = 0

  /**
   * `servers` are in the order of preference; at least one. After a connection that the server has closed the next one
   * is made so many milliseconds later than it could be. A server that restarts closes those of all agents at one
   * moment, and a handshake with its greeting costs it half a millisecond of a processor or more.
   */
  constructor(servers: readonly CollectorAddress[], reconnectDelayMs: number) {
    this.#servers = servers
    this.#reconnectDelayMs = reconnectDelayMs
  }

  get current(): CollectorAddress {
    return this.#servers[this.#turn % this.#servers.length] as CollectorAddress
  }

  moveOn(): void {
    this.#turn = (this.#turn + 1) % this.#servers.length
  }

  /** The server has closed a connection on which nothing was due. */
  noteClosed(): void {
    this.#wasClosed = true
  }

  /** The milliseconds to wait with the next connection; above 0 once for each one that was closed. */
  takeReconnectDelayMs(): number {
    const delayMs = this.#wasClosed ? this.#reconnectDelayMs : 0
    this.#wasClosed = false
    return delayMs
  }

  noteSuccess(): void {
    this.#failuresInRound = 0
    this.#rejectionsInRound = 0
    this.#away.reset()
    this.#refusing.reset()
  }

  /**
   * Moves on and gives the milliseconds to wait: none before the next server, a pause when all of them have
   * failed, and a long one when all have refused us as such (`isLasting`).
   */
  noteFailure(isLasting: boolean): number {
    this.moveOn()
    this.#failuresInRound++
    if (isLasting) this.#rejectionsInRound++
    const count = this.#servers.length
    if (this.#failuresInRound < count) return 0
    const delayMs = (this.#rejectionsInRound >= count ? this.#refusing : this.#away).nextMs()
    this.#failuresInRound = 0
    this.#rejectionsInRound = 0
    return delayMs
  }
}
