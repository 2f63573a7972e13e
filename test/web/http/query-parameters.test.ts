import { expect, test } from 'bun:test'
import { readChoice } from '../../../src/web/http/query-parameters.ts'

const read = (query: string) =>
  readChoice(new URL(`http://local.invalid/?${query}`), 'status', ['up', 'down', ''])

test('a parameter is one of its choices, and may be empty where that is one', () => {
  expect([read('status=up'), read('status='), read('')]).toEqual(['up', '', undefined])
})

test('another value is refused with the choices that have a name', () => {
  expect(() => read('status=foo')).toThrow('status: expected one of up, down, got "foo"')
})
