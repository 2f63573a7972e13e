import { ByteBuffer } from '../protocol/byte-buffer.ts'
import type { Conversation } from './protocol-decoder.ts'

/** What came on one connection and is not read yet, and how much memory it and the conversation about it hold. */
export class Intake {
  /** When the message under way began, by the monotonic clock; null when there is none. */
  messageSince: number | null = null
  messageBytes = 0
  readonly #bytes = new ByteBuffer()
  readonly #conversation: Pick<Conversation, 'held' | 'isAmidst'>
  readonly #onHeld: (change: number) => void
  #held = 0

  /** `onHeld` is called after `held` has changed. */
  constructor(conversation: Pick<Conversation, 'held' | 'isAmidst'>, onHeld: (change: number) => void) {
    this.#conversation = conversation
    this.#onHeld = onHeld
  }

  get held(): number {
    return this.#held
  }
  get isEmpty(): boolean {
    return this.#bytes.length === 0
  }
  /** True when a message has begun that is not complete. */
  get isAmidst(): boolean {
    return !this.isEmpty || this.#conversation.isAmidst
  }

  keep(chunk: Buffer, from: number): void {
    this.#bytes.append(chunk, from, chunk.length)
  }

  /** `consume` says how many of the bytes it is done with; those are dropped. */
  read(consume: (bytes: Buffer) => number): void {
    if (!this.isEmpty) this.#bytes.discard(consume(this.#bytes.view()))
  }

  /** To be called after reading, with the time of the last byte. */
  noteMessage(now: number): void {
    if (this.isAmidst) this.messageSince ??= now
    else {
      this.messageSince = null
      this.messageBytes = 0
    }
  }

  noteHeld(): void {
    this.#setHeld(this.#bytes.capacity + this.#conversation.held)
  }

  /** Drops what was kept; its memory is noted with the next `noteHeld`. */
  drop(): void {
    this.#bytes.release()
  }

  /** Drops what was kept, and counts nothing as held, the conversation's either: it is over. */
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
