/** Each is at most half as large again as the one before it, so that little of a buffer is not used. */
const CAPACITIES = [4, 6, 8, 12, 16, 24, 32, 48, 64].map((kibibytes) => kibibytes * 1024)
const SMALLEST = 2048

/**
 * Buffers that are used again. Thousands of messages that come in pieces would otherwise leave a buffer each, and
 * one that has outlived a collection of new garbage is found only when everything is looked at.
 */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>(CAPACITIES.map((capacity) => [capacity, []]))
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
    const capacity = needed < SMALLEST ? needed : (CAPACITIES.find((one) => one >= needed) ?? needed)
    const found = this.#free.get(capacity)?.pop()
    if (found === undefined) return Buffer.allocUnsafeSlow(capacity)
    this.#bytes -= capacity
    return found
  }

  /** The caller must not use the buffer any more. */
  give(buffer: Buffer): void {
    const list = this.#free.get(buffer.length)
    if (list === undefined || this.#bytes + buffer.length > this.#mostBytes) return
    list.push(buffer)
    this.#bytes += buffer.length
  }
}
