/** The values of a chunk, and what they were decoded from. */
export type DecodedChunk = {
  /** The chunk as it is stored, with its checksum. */
  readonly packed: Uint8Array
  /** The same without its checksum, which was right. */
  readonly body: Uint8Array
  readonly values: Float64Array
}

/** The newer half of what is kept is at most so large; the older half as much. */
const MOST_BYTES = 2 ** 20

/**
 * Chunks that were decoded lately, by their numbers. The page of a host is read again each time that new samples come, and
 * nearly all of the day that it shows is in chunks that did not change: decoding them is a quarter of its cost.
 */
export class DecodedValues {
  readonly #most: number
  #newer = new Map<number, DecodedChunk>()
  #older = new Map<number, DecodedChunk>()
  #bytes = 0

  constructor(most = MOST_BYTES) {
    this.#most = most
  }

  /** Null unless just these bytes were decoded: those of another chunk, or of a damaged one, differ. Nobody changes the values. */
  find(id: number, packed: Uint8Array): DecodedChunk | null {
    const held = this.#newer.get(id) ?? this.#older.get(id)
    if (held === undefined || Buffer.compare(held.packed, packed) !== 0) return null
    if (!this.#newer.has(id)) this.keep(id, held)
    return held
  }

  keep(id: number, chunk: DecodedChunk) {
    this.#newer.set(id, chunk)
    this.#bytes += chunk.packed.byteLength + chunk.values.byteLength
    if (this.#bytes <= this.#most) return
    this.#older = this.#newer
    this.#newer = new Map()
    this.#bytes = 0
  }
}
