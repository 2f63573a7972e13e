import { beforeAll, describe, expect, test } from 'bun:test'
import type { Log } from '../../../src/lib/log.ts'
import { createDevice } from '../../../src/web/auth/device.ts'
import { createSignIn, networkOf } from '../../../src/web/auth/sign-in.ts'
import { fakeClock } from '../../support/clock.ts'
import { hashCheaply } from '../site.ts'

const lines: string[] = []
const write = (message: string, fields = {}) => void lines.push(`${message} ${JSON.stringify(fields)}`)
const log: Log = { debug: write, info: write, warn: write, error: write }

let passwordHash = ''
beforeAll(async () => {
  passwordHash = await hashCheaply('right')
})

function build() {
  const clock = fakeClock()
  const users = {
    find: async (name: string) =>
      /^(ada|bob|user\d+)$/.test(name)
        ? {
            name,
            access: 'viewer' as const,
            created: 1,
            lastSignIn: null,
            passwordState: 'own' as const,
            passwordHash,
          }
        : null,
  }
  const ask = createSignIn({ users, clock, log, noteFailure: async () => {}, hashPassword: hashCheaply })
  const signIn = (name: string, password: string, address: string, device: string | null = null) =>
    ask(name, password, { address, device })
  return { clock, signIn }
}

test('lets in the right password', async () => {
  const { signIn } = build()
  expect(await signIn('ada', 'right', '10.0.0.1')).toEqual({ ok: true, user: 'ada', passwordHash })
})

test.each([
  ['a wrong password', 'ada', 'wrong'],
  ['an empty password', 'ada', ''],
  ['an endless password', 'ada', 'x'.repeat(2000)],
  ['a name in other case', 'ADA', 'right'],
  ['an unknown name', 'nobody', 'right'],
  ['an empty name', '', 'right'],
  ['an endless name', 'x'.repeat(5000), 'right'],
])('refuses %s', async (_, name, password) => {
  const { signIn } = build()
  expect(await signIn(name, password, '10.0.0.1')).toEqual({ ok: false, retryAfter: null })
})

test('never writes a password to the log', async () => {
  lines.length = 0
  const { signIn } = build()
  await signIn('ada', 'hunter2-secret', '10.0.0.1')
  expect(lines.length).toBe(1)
  expect(lines.join()).not.toContain('hunter2-secret')
})

test('five failures from one place lock that place, for the right password and any account too, and no other place', async () => {
  const { signIn, clock } = build()
  for (let i = 0; i < 5; i++)
    expect(await signIn(`user${i}`, 'wrong', '10.0.0.1')).toEqual({ ok: false, retryAfter: null })
  expect(await signIn('ada', 'right', '10.0.0.1')).toEqual({ ok: false, retryAfter: 30 })
  expect((await signIn('ada', 'right', '10.0.0.2')).ok).toBe(true)
  await clock.advance(29_000)
  expect(await signIn('ada', 'right', '10.0.0.1')).toEqual({ ok: false, retryAfter: 1 })
  await clock.advance(1000)
  expect((await signIn('ada', 'right', '10.0.0.1')).ok).toBe(true)
})

test('signing in to an own account between the attempts does not help a place', async () => {
  const { signIn } = build()
  for (let i = 0; i < 5; i++) {
    await signIn(`user${i}`, 'wrong', '10.0.0.1')
    if (i % 2 === 0) await signIn('ada', 'right', '10.0.0.1')
  }
  expect((await signIn('ada', 'right', '10.0.0.1')).ok).toBe(false)
})

test.each(['ada', 'nobody'])(
  'guessing the password of %s from many places slows down new browsers by a minute at most',
  async (name) => {
    const { signIn, clock } = build()
    let address = 0
    const guess = () => signIn(name, 'wrong', `10.1.${address >> 8}.${address++ & 255}`)
    for (let i = 0; i < 10; i++) expect((await guess()).ok).toBe(false)
    expect(await guess()).toEqual({ ok: false, retryAfter: 5 })
    for (let i = 0; i < 20; i++) {
      const { retryAfter = null } = (await guess()) as { retryAfter?: number | null }
      expect(retryAfter ?? 0).toBeLessThanOrEqual(60)
      await clock.advance((retryAfter ?? 0) * 1000)
    }
  },
)

test('a browser that signed in before is slowed down by nobody else, and by its own failures', async () => {
  const { signIn } = build()
  const device = createDevice('ada', passwordHash)
  for (let i = 0; i < 12; i++) await signIn('ada', 'wrong', `10.1.0.${i}`)
  for (let i = 0; i < 5; i++) await signIn('bob', 'wrong', '10.0.0.1')
  expect((await signIn('ada', 'right', '10.0.0.1')).ok).toBe(false)
  expect((await signIn('ada', 'right', '10.0.0.1', device)).ok).toBe(true)
  // The cookie belongs to one user with one password, and it can't be forged.
  for (const other of [
    createDevice('bob', passwordHash),
    createDevice('ada', 'an older hash'),
    `${device.slice(0, -1)}${device.endsWith('A') ? 'B' : 'A'}`,
    'nonsense',
  ])
    expect((await signIn('ada', 'right', '10.0.0.1', other)).ok).toBe(false)
  for (let i = 0; i < 5; i++) expect((await signIn('ada', 'wrong', '10.2.0.1', device)).ok).toBe(false)
  expect(await signIn('ada', 'right', '10.2.0.2', device)).toEqual({ ok: false, retryAfter: 30 })
})

test('a browser that signed in before does not wait for unknown browsers, from however many addresses they come', async () => {
  const { signIn } = build()
  const strangers = Array.from({ length: 100 }, (_, i) => signIn(`user${i}`, 'wrong', `10.3.0.${i}`))
  expect(await signIn('ada', 'right', '10.4.0.1')).toEqual({ ok: false, retryAfter: 5 })
  expect((await signIn('ada', 'right', '10.4.0.2', createDevice('ada', passwordHash))).ok).toBe(true)
  const results = await Promise.all(strangers)
  expect(results.filter((result) => !result.ok && result.retryAfter === 5)).toHaveLength(34)
})

test('a name that nobody has is not written to the log: it may be a password', async () => {
  lines.length = 0
  const { signIn } = build()
  await signIn('hunter2-typed-as-name', 'x', '10.0.0.1')
  await signIn('ada', 'x', '10.0.0.1')
  expect(lines.join()).not.toContain('hunter2')
  expect(lines.join()).toContain('ada')
})

test('many attempts at once get no more tries than one after the other', async () => {
  const { signIn } = build()
  const results = await Promise.all(Array.from({ length: 50 }, () => signIn('ada', 'wrong', '10.0.0.1')))
  expect(results.filter((result) => !result.ok && result.retryAfter === null).length).toBe(5)
})

test('checks only so many passwords at a time; who is turned away may try again at once', async () => {
  const { signIn } = build()
  const attempts = Array.from({ length: 100 }, (_, i) => signIn(`user${i}`, 'right', `10.0.1.${i}`))
  const results = await Promise.all(attempts)
  const busy = results.flatMap((result, i) => (result.ok ? [] : [{ i, retryAfter: result.retryAfter }]))
  expect(busy.length).toBe(100 - 2 - 64)
  for (const { i, retryAfter } of busy) {
    expect(retryAfter).toBe(5)
    expect(await signIn(`user${i}`, 'right', `10.0.1.${i}`)).toMatchObject({ ok: true, user: `user${i}` })
  }
})

describe('the network that an address stands for', () => {
  test.each([
    ['192.168.1.20', '192.168.1.20'],
    ['::ffff:192.168.1.20', '192.168.1.20'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['unknown', 'unknown'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
