/**
 * Doubles that are not short decimals. Neighbours share sign, exponent and leading digits, so each is
 * combined with the previous one by exclusive or, the bytes of equal rank are put together, and zstd finds
 * the runs. Stored as they are where that is not shorter.
 */
const ZSTD_LEVEL = 6
const RAW = 0
const PACKED = 1

/** Begins with the byte `head`. */
export function encodeFloats(values: Float64Array, head: number): Uint8Array {
  const ranked = rankBytes(values)
  const packed = Bun.zstdCompressSync(ranked, { level: ZSTD_LEVEL })
  const body = packed.length < ranked.length ? packed : ranked
  const encoded = new Uint8Array(body.length + 2)
  encoded[0] = head
  encoded[1] = body === packed ? PACKED : RAW
  encoded.set(body, 2)
  return encoded
}

/** Reads what `encodeFloats` wrote behind its head. */
export function decodeFloats(bytes: Uint8Array, at: number, count: number): Float64Array {
  const body = bytes.subarray(at + 1)
  const kind = bytes[at]
  if (kind !== RAW && kind !== PACKED) throw new RangeError('floats of an unknown kind')
  const ranked = kind === PACKED ? Bun.zstdDecompressSync(body) : body
  if (ranked.length !== count * 8) throw new RangeError(`${ranked.length} bytes are not ${count} floats`)
  return unrankBytes(ranked, count)
}

function rankBytes(values: Float64Array): Uint8Array {
  const words = new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength))
  const ranked = new Uint8Array(values.byteLength)
  const count = values.length
  let low = 0
  let high = 0
  for (let i = 0; i < count; i++) {
    const nextLow = words[2 * i] ?? 0
    const nextHigh = words[2 * i + 1] ?? 0
    low ^= nextLow
    high ^= nextHigh
    for (let rank = 0; rank < 4; rank++) {
      ranked[rank * count + i] = low >>> (8 * rank)
      ranked[(rank + 4) * count + i] = high >>> (8 * rank)
    }
    low = nextLow
    high = nextHigh
  }
  return ranked
}

function unrankBytes(ranked: Uint8Array, count: number): Float64Array {
  const words = new Uint32Array(count * 2)
  let low = 0
  let high = 0
  for (let i = 0; i < count; i++) {
    let lowBits = 0
    let highBits = 0
    for (let rank = 0; rank < 4; rank++) {
      lowBits |= (ranked[rank * count + i] ?? 0) << (8 * rank)
      highBits |= (ranked[(rank + 4) * count + i] ?? 0) << (8 * rank)
    }
    low ^= lowBits
    high ^= highBits
    words[2 * i] = low
    words[2 * i + 1] = high
  }
  return new Float64Array(words.buffer)
}
