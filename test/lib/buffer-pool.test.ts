import { expect, test } from 'bun:test'
import { BufferPool } from '../../src/lib/buffer-pool.ts'
import { ByteBuffer } from '../../src/lib/byte-buffer.ts'

test('a buffer that was given is taken again for as much, and no more are kept than was said', () => {
  const pool = new BufferPool(20 * 1024)
  const first = pool.take(5000)
  expect(first.length).toBe(6144)
  pool.give(first)
  expect(pool.bytes).toBe(6144)
  expect(pool.take(4096) === first).toBe(false)
  expect(pool.take(6144) === first).toBe(true)
  expect(pool.bytes).toBe(0)
  for (let i = 0; i < 5; i++) pool.give(Buffer.alloc(8192))
  expect(pool.bytes).toBe(16_384)
})

test('few bytes, very many, and buffers of another length are none of its business', () => {
  const pool = new BufferPool(1 << 20)
  expect([pool.take(100).length, pool.take(70_000).length]).toEqual([100, 70_000])
  for (const length of [0, 100, 5000, 128 * 1024]) pool.give(Buffer.alloc(length))
  expect(pool.bytes).toBe(0)
})

test('bytes that come and are read in pieces stay what they are, through a pool that others use meanwhile', () => {
  const pool = new BufferPool(1 << 20)
  const buffers = Array.from({ length: 20 }, () => new ByteBuffer(pool))
  const expected = buffers.map(() => '')
  let seed = 7
  const next = (most: number) => {
    seed = (seed * 48_271) % 0x7fffffff
    return seed % most
  }
  for (let i = 0; i < 5000; i++) {
    const at = next(buffers.length)
    const buffer = buffers[at]
    if (buffer === undefined) throw new Error('there is none')
    const text = String.fromCharCode(97 + next(26)).repeat(next(3000))
    buffer.append(Buffer.from(text), 0, text.length)
    const all = `${expected[at]}${text}`
    expect(buffer.view().toString()).toBe(all)
    const read = next(3) === 0 ? all.length : next(all.length + 1)
    buffer.discard(read)
    expected[at] = all.slice(read)
    expect([buffer.view().toString(), buffer.length]).toEqual([all.slice(read), all.length - read])
    if (all.length === read) expect(buffer.capacity).toBe(0)
  }
})
