const SMALLEST = 4 * 1024
const LARGEST = 64 * 1024

/**
 * Buffers that are used again. Thousands of messages that come in pieces would otherwise leave a buffer each, and
 * one that has outlived a collection of new garbage is found only when everything is looked at.
 */
export class BufferPool {
  /** By capacity, which is a power of two. */
  readonly #free = new Map<number, Buffer[]>()
  readonly #mostBytes: number
  #bytes = 0

  /** Keeps buffers of at most so many bytes together. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Bytes of the buffers that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** A buffer of at least so many bytes, whatever is in them; for few or very many it is a new one. */
  take(needed: number): Buffer {
    if (needed < SMALLEST / 2 || needed > LARGEST) return Buffer.allocUnsafeSlow(needed)
    let capacity = SMALLEST
    while (capacity < needed) capacity *= 2
    const found = this.#free.get(capacity)?.pop()
    if (found === undefined) return Buffer.allocUnsafeSlow(capacity)
    this.#bytes -= capacity
    return found
  }

  /** The caller must not use the buffer any more. */
  give(buffer: Buffer): void {
    const { length } = buffer
    const isOurs = length >= SMALLEST && length <= LARGEST && (length & (length - 1)) === 0
    if (!isOurs || this.#bytes + length > this.#mostBytes) return
    const list = this.#free.get(length)
    if (list === undefined) this.#free.set(length, [buffer])
    else list.push(buffer)
    this.#bytes += length
  }
}
