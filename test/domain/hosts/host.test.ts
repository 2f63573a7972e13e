import { describe, expect, test } from 'bun:test'
import { isHostName, MAX_HOST_NAME } from '../../../src/domain/hosts/host.ts'

describe('the name of a host', () => {
  test.each(['web01', 'büro-1.example.org', 'сервер-1', 'διακομιστής', '語', 'x'.repeat(MAX_HOST_NAME)])(
    '%s is one',
    (name) => expect(isHostName(name)).toBe(true),
  )

  test.each([
    ['is empty', ''],
    ['is too long', 'x'.repeat(MAX_HOST_NAME + 1)],
    ['holds an invisible letter', 'web\u316401'],
    ['holds a joiner', 'web\u200d01'],
    ['turns the direction', 'web\u202e01'],
    ['holds a Cyrillic a among Latin letters', 'd\u0430tabase'],
    ['holds a Greek o among Latin letters', 'r\u03bfuter'],
    ['holds a blank', 'web 01'],
  ])('is refused when it %s', (_, name) => expect(isHostName(name)).toBe(false))
})
