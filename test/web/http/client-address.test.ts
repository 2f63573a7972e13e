import { describe, expect, test } from 'bun:test'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import { readClient } from '../../../src/web/http/client-address.ts'

const TRUSTED = ['10.0.0.0/30', 'fd00::/64'].flatMap((text) => parseAddressRange(text) ?? [])
const PROXY = '10.0.0.1'

const addressOf = (peer: string, forwarded: string | null) =>
  readClient(new Headers(forwarded === null ? {} : { 'x-forwarded-for': forwarded }), peer, false, TRUSTED)
    .address

describe('the address of a client', () => {
  test.each<[string, string | null, string]>([
    // Headers of a client that is not a trusted proxy are ignored.
    ['192.0.2.9', '6.6.6.6', '192.0.2.9'],
    ['10.0.0.4', '6.6.6.6', '10.0.0.4'],
    ['fd00:0:0:1::1', '6.6.6.6', 'fd00:0:0:1::1'],
    // One proxy, behind a header that the client has forged.
    [PROXY, '192.0.2.9', '192.0.2.9'],
    [PROXY, '6.6.6.6, 192.0.2.9', '192.0.2.9'],
    [PROXY, '10.0.0.2, 192.0.2.9', '192.0.2.9'],
    [PROXY, '127.0.0.1,192.0.2.9', '192.0.2.9'],
    [PROXY, 'x, <script>, 192.0.2.9', '192.0.2.9'],
    ['::ffff:10.0.0.1', '192.0.2.9', '192.0.2.9'],
    ['fd00::1', '2001:DB8:0:0::1', '2001:db8::1'],
    // A chain of proxies.
    [PROXY, '192.0.2.9, 10.0.0.2', '192.0.2.9'],
    [PROXY, '6.6.6.6, 192.0.2.9, fd00::7, 10.0.0.2', '192.0.2.9'],
    [PROXY, '192.0.2.9, 10.0.0.4, 10.0.0.2', '10.0.0.4'],
    // Only proxies: the farthest of them is the client.
    [PROXY, '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    // A part that is not an address is ignored, and so is everything before it.
    [PROXY, null, PROXY],
    [PROXY, '', PROXY],
    [PROXY, ' , ,', PROXY],
    [PROXY, 'unknown', PROXY],
    [PROXY, '6.6.6.6, unknown', PROXY],
    [PROXY, '6.6.6.6, 1.2.3, 10.0.0.2', '10.0.0.2'],
    [PROXY, '192.0.2.0/24', PROXY],
    [PROXY, '_hidden', PROXY],
    [PROXY, '192.0.2.9 6.6.6.6', PROXY],
    // With a port, as some proxies send it.
    [PROXY, '192.0.2.9:4711', '192.0.2.9'],
    [PROXY, '[2001:db8::1]:4711', '2001:db8::1'],
    [PROXY, '[2001:db8::1]', '2001:db8::1'],
    [PROXY, '[192.0.2.9', PROXY],
    [PROXY, '192.0.2.9:port', PROXY],
    // Different spellings of one address are the same address.
    [PROXY, '::ffff:192.0.2.9', '192.0.2.9'],
    [PROXY, '::ffff:c000:0209', '192.0.2.9'],
    [PROXY, '192.000.002.009', '192.0.2.9'],
    [PROXY, 'fe80::1%eth0', 'fe80::1'],
    // The length of the chain is bounded.
    [PROXY, `192.0.2.9, ${'10.0.0.2,'.repeat(3000)}10.0.0.3`, '10.0.0.2'],
    [PROXY, `${'x'.repeat(16_000)}, 192.0.2.9`, '192.0.2.9'],
  ])('from %s with %j is %s', (peer, forwarded, address) => {
    expect(addressOf(peer, forwarded)).toBe(address)
  })

  test('is that of the connection where no proxy is trusted', () => {
    const headers = new Headers({ 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https' })
    expect(readClient(headers, '::ffff:127.0.0.1', false, [])).toEqual({
      address: '127.0.0.1',
      isSecure: false,
    })
    expect(readClient(headers, 'unknown', false, TRUSTED)).toEqual({ address: 'unknown', isSecure: false })
  })
})

describe('whether a client speaks HTTPS', () => {
  const isSecure = (peer: string, isTls: boolean, proto: string, chain = '192.0.2.9') =>
    readClient(new Headers({ 'x-forwarded-for': chain, 'x-forwarded-proto': proto }), peer, isTls, TRUSTED)
      .isSecure

  test.each<[string, boolean, string, string, boolean]>([
    [PROXY, false, 'https', '192.0.2.9', true],
    [PROXY, false, 'HTTPS', '192.0.2.9', true],
    [PROXY, false, 'http', '192.0.2.9', false],
    [PROXY, false, '', '192.0.2.9', false],
    [PROXY, false, 'wss', '192.0.2.9', false],
    // Each proxy adds its own protocol, or passes on that of the first.
    [PROXY, false, 'https, http', '192.0.2.9, 10.0.0.2', true],
    [PROXY, false, 'http, https', '192.0.2.9, 10.0.0.2', false],
    [PROXY, false, 'https', '192.0.2.9, 10.0.0.2', true],
    [PROXY, false, 'https, http', '192.0.2.9', false],
    // A header that says "http" does not make our own TLS connection less secure.
    [PROXY, true, 'http', '192.0.2.9', true],
    ['192.0.2.9', true, '', '', true],
    ['192.0.2.9', false, 'https', '', false],
  ])('from %s, with us %j, with %j and %j: %j', (peer, isTls, proto, chain, expected) => {
    expect(isSecure(peer, isTls, proto, chain)).toBe(expected)
  })
})
