import { expect, test } from 'bun:test'
import { type DecodedChunk, DecodedValues } from '../../../../src/storage/timeseries/codec/decoded-values.ts'

/** Of 1000 bytes. */
const aChunk = (content: number): DecodedChunk => {
  const packed = new Uint8Array(200).fill(content)
  return { packed, body: packed.subarray(4), values: new Float64Array(100).fill(content) }
}
const packedOf = (content: number) => aChunk(content).packed

test('a chunk is found by its number and its bytes, of which none may differ', () => {
  const decoded = new DecodedValues()
  const chunk = aChunk(1)
  decoded.keep(7, chunk)
  expect(decoded.find(7, packedOf(1))).toBe(chunk)
  expect(decoded.find(8, packedOf(1))).toBeNull()
  for (const place of [0, 100, 199]) {
    const other = packedOf(1)
    other[place] = 2
    expect(decoded.find(7, other)).toBeNull()
  }
  expect(decoded.find(7, packedOf(1).subarray(1))).toBeNull()
  decoded.keep(7, aChunk(2))
  expect(decoded.find(7, packedOf(1))).toBeNull()
  expect(decoded.find(7, packedOf(2))?.values[0]).toBe(2)
})

test('what is asked for stays, what is not goes, and both are never more than twice the bound', () => {
  const decoded = new DecodedValues(10_000)
  const wanted = aChunk(255)
  decoded.keep(0, wanted)
  for (let id = 1; id <= 200; id++) {
    decoded.keep(id, aChunk(id))
    expect(decoded.find(0, packedOf(255))).toBe(wanted)
  }
  // Asking would keep them, so that each is asked for once, the oldest first.
  const kept = Array.from({ length: 200 }, (_, i) => i + 1).filter(
    (id) => decoded.find(id, packedOf(id)) !== null,
  )
  expect(kept.length).toBeGreaterThanOrEqual(5)
  expect(kept.length).toBeLessThanOrEqual(22)
  expect(kept.at(-1)).toBe(200)
})
