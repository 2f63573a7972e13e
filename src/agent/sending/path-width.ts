import type { Clock } from '../../lib/clock.ts'

/** With its headers a packet of this size is no longer than 1,200 bytes: every path lets it pass. */
const SMALL_PAYLOAD = 1140
/** A longer batch has a packet of the usual size; a shorter one may pass where such a packet would not. */
const FULL_PAYLOAD = 1460
/** The server may just have been slow, so usual packets are tried once more after this time. */
const RETEST_MS = 600_000
/** A path that is known to be narrow is tried again after this time. */
const REMEMBERED_MS = 86_400_000

/**
 * Whether packets of the usual size get through to a server. Where a connection stands and nothing is answered,
 * the next one is made with small packets. A path counts as narrow when that has helped twice.
 */
export class PathWidth {
  readonly #clock: Clock
  /** Times that nothing was answered on a connection with usual packets, up to the first time that it was. */
  #stalls = 0
  /** How many of them small packets have put right. */
  #proofs = 0
  #isSmall = false
  /** Usual packets are tried again then. */
  #retestMs = Number.POSITIVE_INFINITY
  /** They were tried again last then. */
  #retestedMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Bytes of a packet beside its headers on the next connection; null for those that the system chooses. */
  get maxPayload(): number | null {
    return this.#isSmall ? SMALL_PAYLOAD : null
  }

  /** Packets of the usual size are lost. */
  get isNarrow(): boolean {
    return this.#proofs > 1
  }

  /** Called before a connection is made, and between two batches: true when it should be made again. */
  beginRetest(): boolean {
    if (!this.#isSmall || this.#clock.monotonicMs() < this.#retestMs) return false
    this.#isSmall = false
    this.#retestedMs = this.#clock.monotonicMs()
    this.#retestMs = Number.POSITIVE_INFINITY
    return true
  }

  /**
   * The connection stood, and what was sent on it was not answered in time. What fits in a small packet is lost only
   * where everything is, as while the server or the path is away.
   *
   * @param bytes of what was not answered; 0 where the connection was still being made
   */
  noteStalled(bytes: number): void {
    const mayBeTooLarge = bytes === 0 || bytes > SMALL_PAYLOAD
    if (!this.#isSmall && mayBeTooLarge) this.#stalls++
    this.#isSmall = true
  }

  /** A batch with rows was stored, with this many bytes on the line. */
  noteStored(bytes: number): void {
    if (!this.#isSmall) {
      const isLongAgo = this.#clock.monotonicMs() - this.#retestedMs > REMEMBERED_MS
      if (bytes <= FULL_PAYLOAD && !isLongAgo) return
      this.#stalls = 0
      this.#proofs = 0
    } else if (this.#proofs < this.#stalls || this.#retestMs === Number.POSITIVE_INFINITY) {
      this.#proofs = this.#stalls
      this.#retestMs = this.#clock.monotonicMs() + (this.isNarrow ? REMEMBERED_MS : RETEST_MS)
    }
  }
}
