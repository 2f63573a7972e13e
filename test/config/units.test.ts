import { describe, expect, test } from 'bun:test'
import { findNearest } from '../../src/config/fields/key.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../src/config/fields/units.ts'
import { parseServerAddress } from '../../src/config/server-address.ts'

describe('durations', () => {
  const cases: [string, number | null][] = [
    ['60s', 60],
    ['5m', 300],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['1h30m', 5400],
    ['0s', 0],
    ['60', null],
    ['', null],
    ['m', null],
    ['1.5h', null],
    ['-5m', null],
    ['30m1h', null],
    ['1m1m', null],
    ['5 m', null],
    ['5w', null],
    ['9999999999s', null],
  ]
  test.each(cases)('%j is %j seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))
  test.each([0, 1, 59, 60, 3600, 5400, 86_399, 604_800])(
    '%d seconds are written so that they read the same',
    (seconds) => expect(parseDuration(formatDuration(seconds))).toBe(seconds),
  )
})

describe('sizes', () => {
  const cases: [string, number | null][] = [
    ['100B', 100],
    ['512KiB', 524_288],
    ['64MiB', 67_108_864],
    ['1GiB', 1_073_741_824],
    ['64MB', null],
    ['64', null],
    ['1.5GiB', null],
  ]
  test.each(cases)('%j is %j bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes))
  test.each([0, 1, 1023, 1024, 1536, 67_108_864])(
    '%d bytes are written so that they read the same',
    (bytes) => expect(parseBytes(formatBytes(bytes))).toBe(bytes),
  )
})

describe('the nearest known word', () => {
  const known = ['web.port', 'web.address', 'collect.port', 'log.level']
  const cases: [string, string | null][] = [
    ['web.prot', 'web.port'],
    ['web.por', 'web.port'],
    ['log.levl', 'log.level'],
    ['collect.ports', 'collect.port'],
    ['mail.server', null],
  ]
  test.each(cases)('to %j is %j', (word, nearest) => expect(findNearest(word, known)).toBe(nearest))
  // With every distance worked out this would go on for minutes.
  test('to ten million letters is none, without a look at each', () =>
    expect(findNearest('true'.repeat(2_500_000), known)).toBeNull())
})

describe('server addresses', () => {
  const cases: [string, ReturnType<typeof parseServerAddress>][] = [
    ['[fe80::1%eth0]:8889', { host: 'fe80::1%eth0', port: 8889, tls: null }],
    ['[fe80::1%]:8889', null],
    ['[fe80::1%a b]', null],
    ['monitor.example.org:9000', { host: 'monitor.example.org', port: 9000, tls: null }],
    ['monitor', { host: 'monitor', port: 8888, tls: null }],
    ['10.0.0.1:1', { host: '10.0.0.1', port: 1, tls: null }],
    ['[2001:db8::1]:8888', { host: '2001:db8::1', port: 8888, tls: null }],
    ['[::1]', { host: '::1', port: 8888, tls: null }],
    ['tls://monitor', { host: 'monitor', port: 8889, tls: true }],
    ['tls://[::1]:443', { host: '::1', port: 443, tls: true }],
    ['tcp://monitor', { host: 'monitor', port: 8888, tls: false }],
    ['tls://', null],
    ['::1', null],
    ['a:0', null],
    ['a:65536', null],
    ['a b:1', null],
    ['http://a:1', null],
    ['', null],
  ]
  test.each(cases)('%j is %j', (text, address) => expect(parseServerAddress(text)).toEqual(address))
  test('without a scheme and a port mean the port of the way that is usual', () => {
    expect(parseServerAddress('monitor', true)).toEqual({ host: 'monitor', port: 8889, tls: null })
    expect(parseServerAddress('tcp://monitor', true)).toMatchObject({ port: 8888, tls: false })
  })
})
