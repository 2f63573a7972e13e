import { describe, expect, test } from 'bun:test'
import { isMailAddress, parseRecipients } from '../../../src/domain/notifications/mail-address.ts'
import { fromFreeSpace, toMetricName } from '../../../src/domain/sample.ts'
import { isCommonPassword, listCommonPasswords } from '../../../src/domain/users/common-passwords.ts'
import {
  findPasswordProblem,
  parseStoredPassword,
  writeStoredPassword,
} from '../../../src/domain/users/user.ts'

describe('common passwords', () => {
  test.each([
    'password',
    'Password1!',
    'PASSWORD2024',
    'secure_monitoring',
    '12345678',
    '87654321',
    'aaaaaaaaa',
    'abcabcabc',
    'qwertz123',
    '2026112900',
    '123456789012',
    'qwertyuiopas',
    '123qweasd',
    'abc123456',
    '1password',
    '112233445566',
    'zaq1xsw2',
  ])('%s is one', (password) => expect(isCommonPassword(password)).toBe(true))

  test.each([
    'eleven lamps',
    'monstrously',
    'abstinence4',
    'hijack-defense',
    'Tr0ub4dor&3',
    'k3mW9xQz',
    'pässword-of-mine',
  ])('%s is none', (password) => expect(isCommonPassword(password)).toBe(false))

  test('every listed one is known as one', () =>
    expect(listCommonPasswords().filter((password) => !isCommonPassword(password))).toEqual([]))

  test('are refused with a sentence, as are short and long ones', () => {
    expect(findPasswordProblem('letmein1')).toContain('anybody would guess')
    expect(findPasswordProblem('short')).toContain('at least 8')
    expect(findPasswordProblem('x y'.repeat(400))).toContain('at most 1024')
    expect(findPasswordProblem('eleven lamps')).toBeNull()
  })
})

test.each([
  ['$argon2id$x', { state: 'own', hash: '$argon2id$x', expires: null }],
  ['temporary:$argon2id$x', { state: 'temporary', hash: '$argon2id$x', expires: null }],
  ['disabled:$argon2id$x', { state: 'disabled', hash: '$argon2id$x', expires: null }],
  ['original:1800000000:$argon2id$x', { state: 'original', hash: '$argon2id$x', expires: 1_800_000_000 }],
] as const)('a stored password %s is read and written', (stored, parsed) => {
  expect(parseStoredPassword(stored)).toEqual(parsed)
  expect(writeStoredPassword(parsed)).toBe(stored)
})

test.each([
  ['a@x, b@y', ['a@x', 'b@y']],
  ['Ann <a@x>; "B. B" <b@y>', ['a@x', 'b@y']],
  ['a@x,a@x', ['a@x']],
  ['root', ['root']],
  ['oncall', null],
  ['', null],
  ['a@x,', null],
  ['Ann <a@x', null],
  ['a@x\r\nBcc: b@y', null],
])('recipients %j', (text, addresses) => expect(parseRecipients(text)).toEqual(addresses))

test('an address has one sign between two parts', () => {
  expect(isMailAddress('ann@example.org')).toBe(true)
  expect(isMailAddress('ann@@example.org')).toBe(false)
})

test.each([
  ['perf.service.mssql$sqlexpress.state', 'perf.service.mssql_sqlexpress.state'],
  ['perf.memory.percent.used', 'perf.memory.percent.used'],
  [' perf.a b ', 'perf.a_b'],
  ['', null],
  ['.x', null],
])('the metric %j of the original is %j', (name, legal) => expect(toMetricName(name)).toBe(legal))

test('free space is shown as used space', () => {
  expect(fromFreeSpace('perf.filesystem.c.percent.free', 12.25)).toEqual({
    metric: 'perf.filesystem.c.percent.used',
    value: 87.75,
  })
  expect(fromFreeSpace('perf.memory.percent.free', 1)).toEqual({
    metric: 'perf.memory.percent.free',
    value: 1,
  })
})
