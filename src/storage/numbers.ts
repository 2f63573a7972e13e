import { createByteWriter, readByte, readVarint } from './bytes.ts'
export function encodeNumbers(values: Float64Array): Uint8Array {
  const writer = createByteWriter()
  writer.varint(values.length)
  writer.byte(0)
  writer.bytes(Bun.zstdCompressSync(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)))
  return writer.take()
}
export function decodeNumbers(packed: Uint8Array): Float64Array {
  const cursor = { bytes: packed, at: 0 }
  const count = readVarint(cursor)
  readByte(cursor)
  const raw = Bun.zstdDecompressSync(packed.subarray(cursor.at))
  return new Float64Array(raw.slice().buffer, 0, count)
}
