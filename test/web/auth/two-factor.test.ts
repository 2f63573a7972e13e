import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { totpCode, totpStep } from '../../../src/lib/totp.ts'
import { startWebsite } from '../../../src/web/server.ts'
import { PASSWORD, startTestSite, type TestSite } from '../site.ts'

let site: TestSite
beforeEach(async () => {
  site = await startTestSite()
})
afterEach(() => site.stop())

const PATH = '/settings/two-factor'
const hidden = (markup: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(markup)?.[1] ?? ''
const codeNow = (secret: string, later = 0) => totpCode(secret, totpStep(site.clock.now()) + later)

/** Switches it on for vera, as a person would; her secret, her recovery codes and her session. */
async function switchOn() {
  const headers = await site.as('viewer')
  const markup = await (await site.send(PATH, { headers })).text()
  const secret = hidden(markup, 'secret')
  const csrf = await site.csrf(headers.cookie)
  const answer = await site.post(PATH, { csrf, secret, code: codeNow(secret), password: PASSWORD }, headers)
  const codes = [...(await answer.text()).matchAll(/<li><code>([a-z2-7-]+)<\/code>/g)].map(
    ([, code]) => code ?? '',
  )
  return { secret, codes, headers, csrf, status: answer.status, markup }
}

const giveName = async (password = PASSWORD) => {
  const answer = await site.post('/login', { name: 'vera', password, next: '/hosts' })
  const markup = await answer.text()
  return { answer, markup, ticket: hidden(markup, 'ticket') }
}
const giveCode = (ticket: string, code: string) => site.post('/login/code', { ticket, code, next: '/hosts' })

describe('switching it on', () => {
  test('shows the secret as a drawing and as letters, wants a code of it, and gives codes for paper', async () => {
    const { secret, codes, status, markup } = await switchOn()
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(markup).toContain('class="qr"')
    expect(markup).toContain(secret.slice(0, 4))
    expect(status).toBe(200)
    expect(codes).toHaveLength(10)
    expect(new Set(codes).size).toBe(10)
    expect(await site.store.secondFactors.find('vera')).toMatchObject({ secret, recoveryCodes: 10 })
    expect((await site.store.audit.list({ search: 'two-factor' })).entries[0]).toMatchObject({
      actor: 'vera',
      action: 'switch on two-factor sign-in',
    })
    expect(JSON.stringify(await site.store.audit.list({}))).not.toContain(secret)
    expect(site.lines.join('\n')).not.toContain(secret)
  })

  test('with a wrong code changes nothing, and keeps the secret for another try', async () => {
    const headers = await site.as('viewer')
    const secret = hidden(await (await site.send(PATH, { headers })).text(), 'secret')
    const csrf = await site.csrf(headers.cookie)
    const answer = await site.post(PATH, { csrf, secret, code: codeNow(secret, 40) }, headers)
    expect(answer.status).toBe(400)
    expect(hidden(await answer.text(), 'secret')).toBe(secret)
    expect(await site.store.secondFactors.find('vera')).toBeNull()
    expect((await site.post(PATH, { csrf, secret: 'short', code: '123456' }, headers)).status).toBe(400)
  })

  test('wants the password: an open browser is not enough to lock its user out', async () => {
    const headers = await site.as('viewer')
    const secret = hidden(await (await site.send(PATH, { headers })).text(), 'secret')
    const csrf = await site.csrf(headers.cookie)
    for (const password of ['', 'wrong']) {
      const answer = await site.post(PATH, { csrf, secret, code: codeNow(secret), password }, headers)
      expect(answer.status).toBe(400)
      const markup = await answer.text()
      expect(markup).toContain('The password is wrong.')
      expect(hidden(markup, 'secret')).toBe(secret)
    }
    expect(await site.store.secondFactors.find('vera')).toBeNull()
  })
})

describe('signing in then', () => {
  test('takes the password and a code, and opens nothing before both', async () => {
    const { secret } = await switchOn()
    const { answer, ticket } = await giveName()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(ticket).not.toBe('')
    await site.clock.advance(30_000)
    const opened = await giveCode(ticket, codeNow(secret))
    expect(opened.status).toBe(303)
    expect(opened.headers.get('location')).toBe('/hosts')
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect((await site.send('/hosts', { headers: { cookie } })).status).toBe(200)
    expect((await giveCode(ticket, codeNow(secret, 1))).status).toBe(401)
  })

  test('is noted as a sign-in when it is one, not when the password alone was right', async () => {
    const { secret } = await switchOn()
    const signedIn = async () => (await site.store.users.find('vera'))?.lastSignIn
    const before = await signedIn()
    site.clock.advance(90_000)
    const { ticket } = await giveName()
    expect(await signedIn()).toBe(before)
    expect((await giveCode(ticket, codeNow(secret))).status).toBe(303)
    expect(await signedIn()).toBe(site.clock.now())
  })

  test('a code is good once, even within its half minute', async () => {
    const { secret } = await switchOn()
    // The code that switched it on is used up too.
    expect((await giveCode((await giveName()).ticket, codeNow(secret))).status).toBe(401)
    await site.clock.advance(30_000)
    const [first, second] = [await giveName(), await giveName()]
    expect((await giveCode(first.ticket, codeNow(secret))).status).toBe(303)
    expect((await giveCode(second.ticket, codeNow(secret))).status).toBe(401)
    expect((await giveCode(second.ticket, codeNow(secret, -1))).status).toBe(401)
    expect((await giveCode(second.ticket, codeNow(secret, 1))).status).toBe(303)
  })

  test('a recovery code takes its place once, however it is typed', async () => {
    const { codes } = await switchOn()
    const [code = ''] = codes
    expect(
      (await giveCode((await giveName()).ticket, ` ${code.toUpperCase().replaceAll('-', ' ')}`)).status,
    ).toBe(303)
    expect((await giveCode((await giveName()).ticket, code)).status).toBe(401)
    expect((await site.store.secondFactors.find('vera'))?.recoveryCodes).toBe(9)
    expect((await site.store.audit.list({ search: 'recovery code' })).total).toBe(1)
  })

  test('wrong codes are slowed, and the right password does not forgive them', async () => {
    const { secret } = await switchOn()
    for (let i = 0; i < 6; i++) await giveCode((await giveName()).ticket, '000000')
    await site.clock.advance(10_000)
    const blocked = await giveCode((await giveName()).ticket, codeNow(secret, 1))
    expect(blocked.status).toBe(429)
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0)
    await site.clock.advance(Number(blocked.headers.get('retry-after')) * 1000)
    expect((await giveCode((await giveName()).ticket, codeNow(secret))).status).toBe(303)
  })

  test('a ticket ends after some minutes, a made-up one was never any good, and a wrong password gives none', async () => {
    const { secret } = await switchOn()
    const { ticket } = await giveName()
    await site.clock.advance(301_000)
    const late = await giveCode(ticket, codeNow(secret))
    expect(late.status).toBe(401)
    expect(await late.text()).toContain('Sign in again')
    expect((await giveCode('made-up', codeNow(secret))).status).toBe(401)
    const wrong = await giveName('wrong')
    expect(wrong.answer.status).toBe(401)
    expect(wrong.ticket).toBe('')
  })

  test('a ticket of one server is good at another over the same database', async () => {
    const { secret } = await switchOn()
    const { ticket } = await giveName()
    await site.clock.advance(30_000)
    const other = await startWebsite({ ...site.options, port: 0 })
    const body = new URLSearchParams({ ticket, code: codeNow(secret), next: '/hosts' })
    const url = `http://127.0.0.1:${other.port}/login/code`
    const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' })
    await other.stop()
    expect(answer.status).toBe(303)
    expect(answer.headers.get('set-cookie')).toContain('monitor-session-')
  })

  test('the code opens nothing when the password was changed meanwhile', async () => {
    const { secret } = await switchOn()
    const { ticket } = await giveName()
    await site.store.users.setPassword('vera', 'another hash')
    await site.clock.advance(30_000)
    const answer = await giveCode(ticket, codeNow(secret))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await site.store.sessions.list('vera', site.clock.now())).toEqual([])
  })

  test('others sign in as before', async () => {
    await switchOn()
    expect(await site.signIn('olga')).toContain('monitor-session-')
  })
})

describe('switching it off, and new recovery codes', () => {
  test('want the password', async () => {
    const { headers, csrf, codes } = await switchOn()
    expect((await site.post(`${PATH}/off`, { csrf, password: 'wrong' }, headers)).status).toBe(400)
    expect((await site.post(`${PATH}/codes`, { csrf, password: 'wrong' }, headers)).status).toBe(400)
    const renewed = await (await site.post(`${PATH}/codes`, { csrf, password: PASSWORD }, headers)).text()
    expect(renewed).not.toContain(codes[0] ?? '-')
    expect((await giveCode((await giveName()).ticket, codes[0] ?? '')).status).toBe(401)
    expect((await site.post(`${PATH}/off`, { csrf, password: PASSWORD }, headers)).status).toBe(303)
    expect((await giveName()).answer.status).toBe(303)
  })
})

describe('an administrator', () => {
  const off = (user: string) => `/settings/users/${user}/two-factor-off`

  test('switches it off for another, who then signs in with the password alone; the log records it', async () => {
    await switchOn()
    const headers = await site.as('admin')
    const csrf = await site.csrf(headers.cookie)
    expect(await (await site.send('/settings/users/vera', { headers })).text()).toContain(off('vera'))
    const answer = await site.post(off('vera'), { csrf }, headers)
    expect(answer.headers.get('location')).toBe('/settings/users/vera?done=two-factor-off')
    expect((await giveName()).answer.status).toBe(303)
    expect((await site.store.audit.list({ search: 'switch off' })).entries).toMatchObject([
      { actor: 'ada', action: 'switch off two-factor sign-in', detail: 'vera' },
    ])
  })

  test('does not get round the password for the own one', async () => {
    const headers = await site.as('admin')
    const csrf = await site.csrf(headers.cookie)
    await site.store.secondFactors.set('ada', {
      secret: 'A'.repeat(32),
      lastStep: 0,
      since: 1,
      recoveryHashes: [],
    })
    await site.post(off('ada'), { csrf }, headers)
    expect(await site.store.secondFactors.find('ada')).not.toBeNull()
  })
})

test('where it is required, who has none sees nothing else until it is set up, and tokens go on', async () => {
  await site.stop()
  site = await startTestSite(undefined, { requiresTwoFactor: true })
  const before = await site.as('viewer')
  for (const path of ['/', '/hosts', '/settings', '/settings/tokens', '/no-such-page'])
    expect([path, (await site.send(path, { headers: before })).headers.get('location')]).toEqual([
      path,
      path === '/no-such-page' ? null : '/settings/two-factor?first',
    ])
  expect((await site.send('/api/v1/hosts', { headers: before })).status).toBe(403)
  expect((await site.send('/api/v1/hosts', { headers: await site.bearer('viewer') })).status).toBe(200)
  const off = { csrf: await site.csrf(before.cookie), password: PASSWORD }
  expect((await site.post(`${PATH}/off`, off, before)).headers.get('location')).toBe(`${PATH}?first`)
  const { status, headers } = await switchOn()
  expect(status).toBe(200)
  expect((await site.send('/hosts', { headers })).status).toBe(200)
})
