import { describe, expect, test } from 'bun:test'
import { isWithin, parseAddressRange, readAddress } from '../../src/lib/address-range.ts'

describe('ranges of addresses', () => {
  test.each<[string, string, boolean]>([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.168.1.128/25', '192.168.1.128', true],
    ['192.168.1.128/25', '192.168.1.127', false],
    ['192.168.1.7', '192.168.1.7', true],
    ['192.168.1.7', '192.168.1.6', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::1', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['::/0', '10.0.0.1', true],
    ['::1', 'localhost', false],
  ])('%s has %s: %j', (text, address, isInside) => {
    const range = parseAddressRange(text)
    expect(range).not.toBeNull()
    expect(range !== null && isWithin(address, [range])).toBe(isInside)
  })

  test.each(['', 'localhost', '10.0.0', '10.0.0.256', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129'])(
    'are not %j',
    (text) => expect(parseAddressRange(text)).toBeNull(),
  )
  test.each([
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::1.2.3',
    '1.2.3.4::',
    '::g',
  ])('are not %j either', (text) => expect(parseAddressRange(text)).toBeNull())
})

test.each<[string, string | null]>([
  ['10.1.2.3', '10.1.2.3'],
  ['010.001.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::FFFF:0A01:0203', '10.1.2.3'],
  ['2001:DB8:0:0:0::0001', '2001:db8::1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
  ['::', '::'],
  ['fe80::1%eth0', 'fe80::1'],
  ['64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
  ['10.0.0.0/8', null],
  ['localhost', null],
  ['', null],
])('the address %j is read as %j', (text, address) => expect(readAddress(text)).toBe(address))
