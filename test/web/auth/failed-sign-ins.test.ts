import { afterEach, beforeEach, expect, test } from 'bun:test'
import { totpCode, totpStep } from '../../../src/lib/totp.ts'
import { createFailedSignIns } from '../../../src/web/auth/failed-sign-ins.ts'
import { fakeClock } from '../../support/clock.ts'
import { PASSWORD, startTestSite, type TestSite } from '../site.ts'

let site: TestSite
beforeEach(async () => {
  site = await startTestSite()
})
afterEach(() => site.stop())

const listEntries = async () =>
  (await site.store.audit.list({})).entries.map(({ actor, address, action, detail }) => [
    actor,
    address,
    action,
    detail,
  ])

test('the audit log names whose account was tried, from where, and no word that was typed', async () => {
  await site.post('/login', { name: 'vera', password: 'wrong-word' })
  await site.post('/login', { name: 'a-password-in-the-wrong-field', password: '' })
  expect(await listEntries()).toEqual([
    ['–', '127.0.0.1', 'fail to sign in', 'unknown name'],
    ['vera', '127.0.0.1', 'fail to sign in', 'wrong password'],
  ])
})

test('a wrong code is in the audit log too, and so is a wrong password of one who is signed in', async () => {
  const secret = 'A'.repeat(32)
  await site.store.secondFactors.set('vera', { secret, lastStep: 0, since: 1, recoveryHashes: [] })
  const markup = await (await site.post('/login', { name: 'vera', password: PASSWORD })).text()
  const ticket = /name="ticket" value="([^"]+)"/.exec(markup)?.[1] ?? ''
  await site.post('/login/code', { ticket, code: totpCode(secret, totpStep(site.clock.now()) + 50) })
  const cookie = await site.signIn('olga')
  const csrf = await site.csrf(cookie)
  const change = { csrf, current: 'guess', new: 'battery staple', again: 'battery staple' }
  await site.post('/password', change, { cookie })
  expect((await listEntries()).map(([actor, , action, detail]) => `${actor} ${action}: ${detail}`)).toEqual([
    'olga fail to sign in: wrong password',
    expect.stringContaining('olga sign in: '),
    'vera fail to sign in: wrong code',
  ])
})

test('who signs in beside an open session leaves one entry, under the new name', async () => {
  const cookie = await site.signIn('vera')
  await site.post('/login', { name: 'olga', password: PASSWORD }, { cookie })
  expect((await listEntries()).map(([actor, , action]) => `${actor} ${action}`)).toEqual([
    'olga sign in',
    'vera sign in',
  ])
})

test('an attack fills neither the audit log nor the disk, and the next hour is noted again', async () => {
  const clock = fakeClock()
  const entries: string[] = []
  let isBroken = false
  const note = createFailedSignIns({
    audit: {
      add: async ({ detail }) => {
        if (isBroken) throw new Error('the disk is full')
        entries.push(detail)
      },
    },
    clock,
    log: { debug() {}, info() {}, warn() {}, error: () => entries.push('logged') },
  })
  const failed = { user: 'ada', address: '10.0.0.1', why: 'wrong password' } as const
  for (let i = 0; i < 500; i++) await note(failed)
  expect(entries.length).toBe(100)
  expect(entries[98]).toBe('wrong password')
  expect(entries[99]).toContain('further ones of this hour')
  await clock.advance(3_600_000)
  isBroken = true
  await note(failed)
  isBroken = false
  await note(failed)
  expect(entries.slice(100)).toEqual(['logged', 'wrong password'])
})
