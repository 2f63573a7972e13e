/** A buffer that grows, for building small binary values without allocating for each. */
export type ByteWriter = {
  /** `value` is a whole number from 0 to 2^53 - 1. */
  varint(value: number): void
  byte(value: number): void
  float64(value: number): void
  bytes(value: Uint8Array): void
  /** A copy of the written bytes; the writer is empty afterwards. */
  take(): Uint8Array
}

/** `capacity` is how many bytes it takes before it grows, at least one. */
export function createByteWriter(capacity = 1024): ByteWriter {
  let buffer = new Uint8Array(capacity)
  let view = new DataView(buffer.buffer)
  let length = 0

  function reserve(count: number) {
    if (length + count <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + count))
    larger.set(buffer)
    buffer = larger
    view = new DataView(buffer.buffer)
  }

  return {
    varint(value) {
      reserve(8)
      let rest = value
      // Shifts work on 32 bits only.
      while (rest > 0x7fffffff) {
        buffer[length++] = (rest % 128) | 128
        rest = Math.floor(rest / 128)
      }
      while (rest > 127) {
        buffer[length++] = (rest & 127) | 128
        rest >>>= 7
      }
      buffer[length++] = rest
    },
    byte(value) {
      reserve(1)
      buffer[length++] = value
    },
    float64(value) {
      reserve(8)
      view.setFloat64(length, value, true)
      length += 8
    },
    bytes(value) {
      reserve(value.length)
      buffer.set(value, length)
      length += value.length
    },
    take() {
      const taken = buffer.slice(0, length)
      length = 0
      return taken
    },
  }
}

/** Where a reader of binary values stands. */
export type Cursor = { readonly bytes: Uint8Array; at: number }

/** Throws at the end of the bytes: a value cut short must never read as a smaller one. */
export function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++]
  if (byte === undefined) throw new RangeError('the value ends too early')
  return byte
}

export function readVarint(cursor: Cursor): number {
  let value = 0
  let weight = 1
  for (;;) {
    const byte = readByte(cursor)
    value += (byte & 127) * weight
    if (byte < 128) return value
    weight *= 128
    if (weight > Number.MAX_SAFE_INTEGER) throw new RangeError('the number is too long')
  }
}

export function readFloat64(cursor: Cursor): number {
  const { bytes, at } = cursor
  if (at + 8 > bytes.length) throw new RangeError('the value ends too early')
  cursor.at += 8
  return new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0, true)
}
