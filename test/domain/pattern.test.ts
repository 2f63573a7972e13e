import { expect, test } from 'bun:test'
import { compileMetricPattern, compilePattern } from '../../src/domain/pattern.ts'

test.each([
  ['%_%', 'x', true],
  ['%_%', '', false],
  ['%', '', true],
  ['*', 'anything at all', true],
  ['web%', 'WEB01', true],
  ['WEB__', 'web01', true],
  ['web__', 'web1', false],
  ['web??', 'web01', true],
  ['%.percent.used', 'perf.memory.percent.used', true],
  ['%.percent.used', 'perf.memory.percent.used.not', false],
  ['perf.filesystem.*.percent.*', 'perf.filesystem.dev.sda1.percent.active', true],
  ['a%b%c', 'abbc', true],
  ['a%b%c', 'acb', false],
  ['aa%aa', 'aaa', false],
  ['a%a', 'a', false],
  ['%ab%ab%', 'xaby', false],
  ['%ab%ab%', 'xabzab', true],
  ['web\\_1', 'web_1', true],
  ['web\\_1', 'webx1', false],
  ['100\\%', '100%', true],
  ['ends\\', 'ends\\', true],
  ['grüße_', 'GRÜSSE1', false],
  ['größe?', 'GRÖSSE', false],
  ['größe?', 'GRÖßE1', true],
  ['?', '😀', true],
  ['.', 'x', false],
])('a rule with %p and %p: %p', (pattern, name, expected) => {
  expect(compilePattern(pattern)(name)).toBe(expected)
})

test('a pattern of a threshold takes % and _ as they are', () => {
  expect(compileMetricPattern('perf.a_b.*')('perf.a_b.c')).toBe(true)
  expect(compileMetricPattern('perf.a_b.*')('perf.axb.c')).toBe(false)
  expect(compileMetricPattern('perf.%')('perf.x')).toBe(false)
})

test('agrees with a plain recursive definition on random patterns', () => {
  let seed = 7
  const random = (n: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % n
  }
  const pick = (letters: string, length: number) =>
    Array.from({ length }, () => letters[random(letters.length)]).join('')
  const fits = (p: string, s: string): boolean => {
    if (p === '') return s === ''
    if (p[0] === '%' || p[0] === '*') return fits(p.slice(1), s) || (s !== '' && fits(p, s.slice(1)))
    return s !== '' && (p[0] === '_' || p[0] === '?' || p[0] === s[0]) && fits(p.slice(1), s.slice(1))
  }
  for (let i = 0; i < 20_000; i++) {
    const pattern = pick('aab%_*?', random(8))
    const name = pick('ab', random(9))
    expect([pattern, name, compilePattern(pattern)(name)]).toEqual([pattern, name, fits(pattern, name)])
  }
})

test('a pattern made to go back for ever is answered at once', () => {
  const matches = compilePattern(`${'%a'.repeat(120)}%b`)
  let answers = 0
  for (let i = 0; i < 200; i++) if (!matches('a'.repeat(253))) answers++
  expect(answers).toBe(200)
})
