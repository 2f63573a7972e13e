import type { Clock } from '../../lib/clock.ts'

/** Small enough that fresh samples are soon between the batches of a backlog. */
const MOST_BYTES = 512 * 1024
/**
 * A path that drops large packets lets the greeting pass and no batch. After a batch without an answer the
 * next ones are so much smaller, down to what fits every path (1,200 bytes on the line, TLS and all), until
 * one is stored.
 */
const SHRINK = 8
const LEAST_BYTES = 1150
/** No packet of a usual line is longer. */
const ONE_PACKET = 1500
/** A size that was not answered is not tried again for so long. */
const REMEMBERED_MS = 600_000

/** How large a batch may be, as what became of others has shown. */
export class BatchSize {
  readonly #clock: Clock
  #bytes = MOST_BYTES
  #ceiling = MOST_BYTES
  #ceilingUntilMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get bytes(): number {
    return this.#bytes
  }

  /** False while large batches get through, as far as is known. */
  get isLimited(): boolean {
    return this.#bytes < MOST_BYTES
  }

  /** A batch with rows was stored. */
  noteStored(): void {
    const most = this.#clock.monotonicMs() < this.#ceilingUntilMs ? this.#ceiling : MOST_BYTES
    this.#bytes = Math.max(this.#bytes, Math.min(most, this.#bytes * 2))
  }

  /** A batch of so many bytes was not answered though the connection stood; false when none can be smaller. */
  noteUnanswered(bytes: number): boolean {
    if (this.#bytes <= LEAST_BYTES) return false
    const tried = Math.min(bytes, this.#bytes)
    // Below this it is the size of packets that counts: what fits one passes, what needs two does not.
    this.#ceiling = tried < 2 * ONE_PACKET ? LEAST_BYTES : Math.floor(tried / 2)
    this.#ceilingUntilMs = this.#clock.monotonicMs() + REMEMBERED_MS
    this.#bytes = Math.max(LEAST_BYTES, Math.floor(tried / SHRINK))
    return true
  }
}
