import { describe, expect, test } from 'bun:test'
import { decodeBase32, encodeBase32 } from '../../src/lib/base32.ts'
import { createTotpSecret, findTotpStep, totpAddress, totpCode } from '../../src/lib/totp.ts'

/** The secret of the examples in RFC 6238, whose codes have eight digits: ours are their last six. */
const SECRET = encodeBase32(new TextEncoder().encode('12345678901234567890'))

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('the code at %i is that of RFC 6238', (time, code) => {
  expect(totpCode(SECRET, Math.floor(time / 30))).toBe(code)
})

describe('a typed code', () => {
  const NOW = 1_111_111_109
  const step = Math.floor(NOW / 30)

  test.each([-1, 0, 1])('is taken %i steps from now', (away) => {
    expect(findTotpStep(SECRET, totpCode(SECRET, step + away), NOW)).toBe(step + away)
  })

  test('is not taken from further away, nor when it is something else', () => {
    for (const code of [
      totpCode(SECRET, step + 2),
      totpCode(SECRET, step - 2),
      '',
      '81804',
      '0818040',
      'abcdef',
    ])
      expect(findTotpStep(SECRET, code, NOW)).toBeNull()
    expect(findTotpStep(SECRET, '081 804', NOW)).toBe(step)
  })
})

describe('base 32', () => {
  test.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('of %j is as in RFC 4648', (text, encoded) => {
    expect(encodeBase32(new TextEncoder().encode(text))).toBe(encoded)
    expect(new TextDecoder().decode(decodeBase32(encoded) ?? undefined)).toBe(text)
  })

  test('is read in either case, with spaces, hyphens and padding', () => {
    expect(decodeBase32('mzxw 6ytb-oi======')).toEqual(new TextEncoder().encode('foobar'))
    expect(decodeBase32('MZ1')).toBeNull()
  })
})

test('secrets are as long as the hash, and each another', () => {
  const secrets = new Set(Array.from({ length: 50 }, createTotpSecret))
  expect(secrets.size).toBe(50)
  for (const secret of secrets) expect(decodeBase32(secret)).toHaveLength(20)
})

test('the address for apps escapes what it is given', () => {
  expect(totpAddress('Monitor', 'a&b@x', 'ABC')).toBe(
    'otpauth://totp/Monitor:a%26b%40x?secret=ABC&issuer=Monitor',
  )
})
