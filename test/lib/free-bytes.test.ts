import { expect, test } from 'bun:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { freeBytes } from '../../src/lib/free-bytes.ts'

const MIB = 1024 * 1024

test('bytes of their own are freed at once', () => {
  const bytes = Buffer.alloc(MIB, 1)
  freeBytes(bytes)
  expect(bytes.length).toBe(0)
})

test('what was unpacked is freed too', () => {
  const bytes = zstdDecompressSync(zstdCompressSync(Buffer.alloc(MIB, 1)))
  expect(bytes.length).toBe(MIB)
  freeBytes(bytes)
  expect(bytes.length).toBe(0)
})

test('a part of a larger buffer stays as it is, and so do few bytes', () => {
  const whole = Buffer.alloc(MIB, 1)
  freeBytes(whole.subarray(0, MIB / 2))
  freeBytes(whole.subarray(MIB / 2))
  expect(whole.every((byte) => byte === 1)).toBe(true)
  const few = Buffer.alloc(100, 1)
  freeBytes(few)
  expect(few.every((byte) => byte === 1)).toBe(true)
  const shared = new Uint8Array(new SharedArrayBuffer(MIB))
  freeBytes(shared)
  expect(shared.length).toBe(MIB)
})
