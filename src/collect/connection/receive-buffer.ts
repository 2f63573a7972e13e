import type { BufferPool } from '../../lib/buffer-pool.ts'
import { ByteBuffer } from '../../lib/byte-buffer.ts'

/**
 * The bytes of an unfinished message that are not read yet. A connection has one only while there is such a
 * message: of thousands of connections nearly all are between two messages.
 */
export class ReceiveBuffer {
  /** When the message began, by the monotonic clock; null when it begins with the next bytes. */
  since: number | null = null
  /** Bytes received since it began. */
  bytes = 0
  readonly #unread: ByteBuffer

  constructor(pool: BufferPool) {
    this.#unread = new ByteBuffer(pool)
  }

  get isEmpty(): boolean {
    return this.#unread.length === 0
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.#unread.capacity
  }

  keep(chunk: Buffer, from: number): void {
    this.#unread.append(chunk, from, chunk.length)
  }

  /** What is not read yet, valid until the next call of another method. */
  view(): Buffer {
    return this.#unread.view()
  }

  /** Drops so many bytes, which were read. */
  discard(count: number): void {
    this.#unread.discard(count)
  }

  /** Drops what was kept, with its memory. */
  release(): void {
    this.#unread.release()
  }
}
