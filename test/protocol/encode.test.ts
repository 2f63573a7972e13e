import { describe, expect, test } from 'bun:test'
import { encodeBatch, encodeFrames, encodeReply, parseReply } from '../../src/protocol/encode.ts'
import { type Batch, MAX_BATCH_BYTES, PACK_FROM_BYTES } from '../../src/protocol/message.ts'

const small: Batch = { id: 1, host: 'web01', metrics: ['a', 'b'], frames: [[60, 1.5, null]], events: [] }

describe('encodeBatch', () => {
  test('writes one line whose first key is v', () => {
    const line = encodeBatch(small, 3, true)
    expect(line).toBe(
      '{"v":1,"id":1,"host":"web01","layout":3,"metrics":["a","b"],"frames":[[60,1.5,null]]}\n',
    )
  })

  test('leaves the names out when the connection has them', () => {
    expect(encodeBatch(small, 3, false)).toBe(
      '{"v":1,"id":1,"host":"web01","layout":3,"frames":[[60,1.5,null]]}\n',
    )
  })

  test('leaves out facts that are not known', () => {
    const facts = {
      ...{ ip: '', platform: 'Windows', build: 'Windows 10', architecture: '64bit', domain: 'Stand Alone' },
      ...{ processors: 0, memoryMb: 7976 },
    }
    expect(JSON.parse(String(encodeBatch({ ...small, facts }, 3, true))).facts).toEqual({
      ...{ platform: 'Windows', build: 'Windows 10', architecture: '64bit', domain: 'Stand Alone' },
      memoryMb: 7976,
    })
  })

  test('packs a long batch so that it unpacks to the same line', () => {
    const frames = Array.from({ length: 200 }, (_, i) => [i * 60, i, 7])
    const packed = encodeBatch({ ...small, frames }, 0, true)
    if (typeof packed === 'string') throw new Error('not packed')
    const end = packed.indexOf(10)
    const header = JSON.parse(Buffer.from(packed.subarray(0, end)).toString())
    expect(packed.length - end - 1).toBe(header.bytes)
    const plain = Bun.zstdDecompressSync(packed.slice(end + 1))
    expect(plain.length).toBe(header.size)
    expect(header.size).toBeGreaterThan(PACK_FROM_BYTES)
    expect(JSON.parse(plain.toString()).frames).toEqual(frames)
  })

  test('refuses a batch that no collect engine takes', () => {
    const message = 'x'.repeat(MAX_BATCH_BYTES)
    const events = [
      { uid: 'u', change: 1, time: 1, metric: 'a', severity: 1 as const, status: 'open' as const, message },
    ]
    expect(() => encodeBatch({ ...small, events }, 0, true)).toThrow(RangeError)
  })
})

describe('parseReply', () => {
  test.each([
    { id: 1, stored: true as const },
    { id: 1, stored: true as const, refused: 2, reason: 'a time in the future' },
    { id: 7, error: 'storage is away', retry: true },
    { id: null, error: 'wrong passphrase', retry: false },
  ])('reads back %j', (reply) => {
    expect(parseReply(encodeReply(reply))).toEqual(reply)
  })

  test('gives of an answer what stands for its outcome, and nothing else that a server may say', () => {
    const more = {
      run: 'rm -rf /',
      exec: ['sh'],
      url: 'http://x',
      path: '/etc',
      config: {},
      __proto__: null,
      host: 'a',
    }
    expect(parseReply(JSON.stringify({ ...more, id: 1, stored: true, error: 'x' }))).toEqual({
      id: 1,
      stored: true,
    })
    expect(parseReply(JSON.stringify({ ...more, id: 1, error: 'x', retry: true, clock: 5 }))).toEqual({
      id: 1,
      error: 'x',
      retry: true,
    })
    const odd = { id: 1, stored: true, clock: '5', later: [1], refused: {}, reason: 7 }
    expect(parseReply(JSON.stringify(odd))).toEqual({ id: 1, stored: true })
  })

  test.each([
    '',
    'Received',
    '{}',
    'null',
    '{"id":"1","stored":true}',
    '{"id":1,"error":"x"}',
    '{"id":null,"stored":true}',
  ])('throws for %j', (line) => {
    expect(() => parseReply(line)).toThrow()
  })
})

describe('encodeFrames writes what encodeBatch does', () => {
  const numbered = (numbers: readonly number[], waiting: number, count = 1) => {
    const frames = Array.from({ length: count }, (_, i) => [60 + i, 1.5e-7, null, -3, 1e21])
    const common = { id: 7, host: 'wëb"01', clock: 1700000000 }
    const batch: Batch = {
      ...common,
      metrics: ['a', 'b', 'c', 'd'],
      frames,
      events: [],
      numbers: { frames: numbers, events: [], waiting, lost: [] },
    }
    const rows = frames.map((row) => JSON.stringify(row))
    return [
      encodeFrames({ ...common, layout: 3, frames: rows, numbers, waiting }),
      encodeBatch(batch, 3, false),
    ]
  }

  test.each<[string, number[], number, number]>([
    ['for one frame', [5, 5], 5, 1],
    ['for one frame with others behind it', [5, 5], 2, 1],
    ['for several', [5, 6], 5, 2],
    ['for several with a gap', [5, 6, 9, 9], 4, 3],
    ['for so many that they are packed', [1, 400], 1, 400],
  ])('%s', (_, numbers, waiting, count) => {
    const [ours, general] = numbered(numbers, waiting, count)
    expect(ours).toEqual(general as string)
  })
})
