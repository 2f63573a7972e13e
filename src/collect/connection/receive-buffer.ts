import { ByteBuffer } from '../../protocol/byte-buffer.ts'
import type { ProtocolDecoder } from '../protocol-decoder.ts'

/**
 * The received bytes of one connection that are not read yet, and how much memory they and the session hold.
 */
export class ReceiveBuffer {
  /** The message under way: when it began, by the monotonic clock (null when there is none), and its length so far. */
  readonly message: { since: number | null; bytes: number } = { since: null, bytes: 0 }
  readonly #bytes = new ByteBuffer()
  readonly #decoder: Pick<ProtocolDecoder, 'held' | 'isMidMessage'>
  readonly #onHeld: (change: number) => void
  #held = 0

  /** `onHeld` is called after `held` has changed. */
  constructor(decoder: Pick<ProtocolDecoder, 'held' | 'isMidMessage'>, onHeld: (change: number) => void) {
    this.#decoder = decoder
    this.#onHeld = onHeld
  }

  get held(): number {
    return this.#held
  }
  get isEmpty(): boolean {
    return this.#bytes.length === 0
  }
  /** True when a message has begun that is not complete. */
  get isMidMessage(): boolean {
    return !this.isEmpty || this.#decoder.isMidMessage
  }

  keep(chunk: Buffer, from: number): void {
    this.#bytes.append(chunk, from, chunk.length)
  }

  /** `consume` returns how many bytes it has finished with; those are dropped. */
  read(consume: (bytes: Buffer) => number): void {
    if (!this.isEmpty) this.#bytes.discard(consume(this.#bytes.view()))
  }

  /** To be called after reading, with the time of the last byte. */
  noteMessage(now: number): void {
    if (this.isMidMessage) this.message.since ??= now
    else {
      this.message.since = null
      this.message.bytes = 0
    }
  }

  noteHeld(): void {
    this.#setHeld(this.#bytes.capacity + this.#decoder.held)
  }

  /** Drops what was kept; its memory is noted with the next `noteHeld`. */
  drop(): void {
    this.#bytes.release()
  }

  /** Drops the kept bytes, and counts no memory as held, not even the session's: the connection is over. */
  release(): void {
    this.#bytes.release()
    this.#setHeld(0)
  }

  #setHeld(held: number): void {
    const change = held - this.#held
    this.#held = held
    if (change !== 0) this.#onHeld(change)
  }
}
