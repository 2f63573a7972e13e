import type { BufferPool } from './buffer-pool.ts'

const EMPTY = Buffer.alloc(0)
const SMALLEST = 512
/** A buffer that emptied gives its memory back when it is larger than this, or when there is a pool for it. */
const KEPT = 16 * 1024

/** Bytes that are appended at the end and taken from the front, without a copy per byte. */
export class ByteBuffer {
  #bytes: Buffer = EMPTY
  #length = 0
  readonly #pool: BufferPool | null

  /** With a pool, memory is taken from it and given back to it. */
  constructor(pool: BufferPool | null = null) {
    this.#pool = pool
  }

  get length(): number {
    return this.#length
  }

  /** Bytes of memory held, used or not. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** The content, valid until the next call of another method. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  append(bytes: Uint8Array, from: number, to: number): void {
    const added = to - from
    if (added <= 0) return
    if (this.#length + added > this.#bytes.length) this.#grow(this.#length + added)
    if (added < 16) for (let i = from; i < to; i++) this.#bytes[this.#length + i - from] = bytes[i] ?? 0
    else this.#bytes.set(bytes.subarray(from, to), this.#length)
    this.#length += added
  }

  /** Drops `count` bytes from the front. */
  discard(count: number): void {
    if (count >= this.#length) {
      this.#length = 0
      if (this.#pool !== null || this.#bytes.length > KEPT) this.#giveBack()
      return
    }
    if (count === 0) return
    this.#bytes.copyWithin(0, count, this.#length)
    this.#length -= count
  }

  /** As above when nothing is in it any more: a view of it may not be used after that. */
  #giveBack(): void {
    this.#pool?.give(this.#bytes)
    this.#bytes = EMPTY
  }

  /** Drops everything and the memory, of which a view may still be used. */
  release(): void {
    this.#bytes = EMPTY
    this.#length = 0
  }

  #grow(needed: number): void {
    const capacity = Math.max(SMALLEST, needed, this.#bytes.length * 2)
    const larger = this.#pool?.take(capacity) ?? Buffer.allocUnsafeSlow(capacity)
    larger.set(this.view())
    this.#pool?.give(this.#bytes)
    this.#bytes = larger
  }
}
