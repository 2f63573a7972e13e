import { expect, test } from 'bun:test'
import { isSealed, SecretBox } from '../../src/lib/secret-box.ts'

const box = new SecretBox('0123456789abcdef0123456789abcdef')

test('what was sealed is opened by the same secret alone', () => {
  for (const text of ['', 'JBSWY3DPEHPK3PXP', 'ü'.repeat(60)]) {
    const sealed = box.seal(text)
    expect(isSealed(sealed)).toBe(true)
    expect(sealed).not.toContain(text === '' ? '=' : text)
    // No two boxes are alike, so that equal secrets can't be recognised.
    expect(box.seal(text)).not.toBe(sealed)
    expect(new SecretBox('0123456789abcdef0123456789abcdef').open(sealed)).toBe(text)
    expect(() => new SecretBox('0123456789abcdef0123456789abcdeF').open(sealed)).toThrow()
  }
})

test('what was changed, cut or never sealed is not opened', () => {
  const sealed = box.seal('JBSWY3DPEHPK3PXP')
  for (let i = 3; i < sealed.length; i++) {
    const other = sealed[i] === 'A' ? 'Q' : 'A'
    expect(() => box.open(sealed.slice(0, i) + other + sealed.slice(i + 1))).toThrow()
    expect(() => box.open(sealed.slice(0, i))).toThrow()
  }
  expect(() => box.open('JBSWY3DPEHPK3PXP')).toThrow('not a sealed text')
})

test('a secret of 32 bytes in base 32 fits the column', () =>
  expect(box.seal('A'.repeat(52)).length).toBeLessThan(128))

test('the check distinguishes keys, and is a whole number', () => {
  const other = new SecretBox('another')
  expect(new SecretBox('0123456789abcdef0123456789abcdef').check).toBe(box.check)
  expect(other.check).not.toBe(box.check)
  for (const { check } of [box, other]) expect(Number.isSafeInteger(check) && check > 0).toBe(true)
})
