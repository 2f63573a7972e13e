import { type Backoff, createBackoff } from '../../lib/backoff.ts'
import type { CollectorAddress } from './connect.ts'

/** Which server is asked next, and after what pause. */
export class CollectorRotation {
  readonly #servers: readonly CollectorAddress[]
  readonly #away: Backoff = createBackoff({ leastMs: 1000, mostMs: 60_000 })
  readonly #refusing: Backoff = createBackoff({ leastMs: 60_000, mostMs: 600_000 })
  #turn = 0
  #failuresInRound = 0
  #rejectionsInRound = 0

  /** `servers` are in the order of preference; at least one. */
  constructor(servers: readonly CollectorAddress[]) {
    this.#servers = servers
  }

  get current(): CollectorAddress {
    return this.#servers[this.#turn % this.#servers.length] as CollectorAddress
  }

  moveOn(): void {
    this.#turn = (this.#turn + 1) % this.#servers.length
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
