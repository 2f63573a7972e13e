import type { Clock } from '../../lib/clock.ts'

/** Small enough that fresh samples are soon between the batches of a backlog. */
const MOST_BYTES = 512 * 1024
/**
 * A path that drops large packets lets the greeting pass and no batch. After a batch without an answer the
 * next ones are smaller by this factor, down to a size that every path lets pass (1,200 bytes on the line,
 * with TLS), until one is stored.
 */
const SHRINK = 8
const LEAST_BYTES = 1150
/** No packet of a usual line is longer. */
const ONE_PACKET = 1500
/** A size that was not answered is not tried again for this long. */
const REMEMBERED_MS = 600_000

/** A batch without an answer: its bytes on the line, and its rows. */
export type Unanswered = { readonly bytes: number; readonly rows: number }

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

  /**
   * A batch was not answered although the connection was open; false when batches can't be smaller, and after one of a
   * single row that every path lets pass: it was lost with everything else, or the server is slow.
   */
  noteUnanswered({ bytes, rows }: Unanswered): boolean {
    if (this.#bytes <= LEAST_BYTES || (rows === 1 && bytes <= LEAST_BYTES)) return false
    const tried = Math.min(bytes, this.#bytes)
    // Below this only the size of packets matters: a batch of one packet passes, a batch of two does not.
    this.#ceiling = tried < 2 * ONE_PACKET ? LEAST_BYTES : Math.floor(tried / 2)
    this.#ceilingUntilMs = this.#clock.monotonicMs() + REMEMBERED_MS
    this.#bytes = Math.max(LEAST_BYTES, Math.floor(tried / SHRINK))
    return true
  }
}
