import { expect, test } from 'bun:test'
import { readText } from '../../src/protocol/field.ts'

const LONGEST = 100

test.each([
  ['a turn of direction', 'web\u202eexe', 'webexe'],
  ['isolates', 'a\u2066b\u2069c', 'abc'],
  ['zero-width blanks and joiners', 'a\u200bb\u200cc\u200dd\ufeffe\u2060f', 'abcdef'],
  ['fillers that are shown as nothing', 'a\u3164b\u115fc\u1160d\uffa0e\u034ff', 'abcdef'],
  ['tags beyond 16 bits', 'a\u{e0041}b', 'ab'],
  ['controls, of C1 too', 'a\u009b31mb\u001b[0mc\nd', 'a 31mb [0mc d'],
  ['separators of lines', 'a\u2028b\u2029c', 'a b c'],
])('text from outside is kept without %s', (_, said, kept) => expect(readText(said, LONGEST)).toBe(kept))

test('text in other scripts and emoji is kept', () => {
  for (const text of ['Zürich', 'Москва', '東京', '서울', 'تهران', '🐧'])
    expect(readText(text, LONGEST)).toBe(text)
})
