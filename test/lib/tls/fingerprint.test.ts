import { expect, test } from 'bun:test'
import { parseFingerprint } from '../../../src/lib/tls/fingerprint.ts'

const DIGITS = 'cc7f4cb7d0ba84a28c9b9fdc4e24e6b9e015d307b8b1f8c3d4c03f3577d3931a'
const PAIRS = (DIGITS.toUpperCase().match(/../g) ?? []).join(':')

test.each([DIGITS, DIGITS.toUpperCase(), PAIRS, `sha256:${DIGITS}`, `SHA-256=${PAIRS}`, ` ${DIGITS}\n`])(
  '%j is a fingerprint',
  (text) => expect(parseFingerprint(text)).toBe(DIGITS),
)
test.each(['', 'abc', DIGITS.slice(1), `${DIGITS}0`, DIGITS.replace('c', 'g'), `sha1:${DIGITS}`])(
  '%j is none',
  (text) => expect(parseFingerprint(text)).toBeNull(),
)
