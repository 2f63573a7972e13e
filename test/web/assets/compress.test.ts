import { describe, expect, test } from 'bun:test'
import { chooseEncoding, compress } from '../../../src/web/assets/compress.ts'

describe('the encoding', () => {
  test.each([
    [null, null],
    ['', null],
    ['identity', null],
    ['br', null],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['GZIP', 'gzip'],
    ['gzip;q=0.5, zstd;q=0', 'gzip'],
    ['gzip ; q = 0.000, br', null],
    ['*', 'zstd'],
    ['*;q=0', null],
    ['zstd;q=0, *', 'gzip'],
    ['gzip;q=0.1', 'gzip'],
    [';;,,=', null],
  ] as const)('for %j is %j', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding)
  })
})

describe('what is packed', () => {
  const bytes = new TextEncoder().encode('a text that repeats itself, '.repeat(20_000))

  test.each(['quick', 'best'] as const)('comes back the same (%s)', (effort) => {
    const gzip = compress(bytes, 'gzip', effort)
    const zstd = compress(bytes, 'zstd', effort)
    expect(Bun.gunzipSync(gzip)).toEqual(bytes)
    expect(new Uint8Array(Bun.zstdDecompressSync(zstd))).toEqual(bytes)
    expect(Math.max(gzip.length, zstd.length)).toBeLessThan(bytes.length / 20)
  })

  test('asks of a browser no more than the window of 8 MiB that it has', () => {
    // RFC 8878 3.1.1.1: byte 4 describes the frame, byte 5 the window unless the content is one segment.
    const frame = compress(new Uint8Array(12 * 1024 * 1024), 'zstd')
    const descriptor = frame[4] ?? 0
    expect(descriptor & 0b0010_0000).toBe(0)
    expect(10 + ((frame[5] ?? 0) >> 3)).toBeLessThanOrEqual(23)
  })
})
