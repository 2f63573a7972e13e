import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { writeStoredPassword } from '../../../src/domain/users/user.ts'
import { hashCheaply, PASSWORD, startTestSite, type TestSite } from '../site.ts'

let site: TestSite
const changed: string[] = []
beforeEach(async () => {
  changed.length = 0
  site = await startTestSite(undefined, { onPasswordChanged: (user) => void changed.push(user) })
})
afterEach(() => site.stop())

/** Whether the cookie opens a page. */
const isSignedIn = async (cookie: string) =>
  (await site.send('/password', { headers: { cookie } })).status === 200

describe('signing in', () => {
  test('gives a cookie that scripts and other sites do not get, and leads to the page that was wanted', async () => {
    const wanted = await site.send('/api/../password?x=1')
    expect(wanted.headers.get('location')).toBe('/login?next=%2Fpassword%3Fx%3D1')
    const markup = await (await site.send(wanted.headers.get('location') ?? '')).text()
    expect(markup).toContain('name="next" value="/password?x=1"')
    const response = await site.post('/login', { name: 'vera', password: PASSWORD, next: '/password?x=1' })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/password?x=1')
    const [session, device] = response.headers.getSetCookie()
    const port = site.port
    expect(session).toMatch(
      new RegExp(`^monitor-session-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Lax$`),
    )
    expect(device).toMatch(
      new RegExp(`^monitor-device-${port}=[\\w.-]{66}; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000$`),
    )
  })

  test('leads to no other site', async () => {
    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example/', '/\t/evil.example']) {
      const response = await site.post('/login', { name: 'vera', password: PASSWORD, next })
      expect(response.headers.get('location')).toBe('/')
      const page = await (await site.send(`/login?next=${encodeURIComponent(next)}`)).text()
      expect(page).not.toContain('evil.example')
    }
  })

  test('with a wrong name or password says the same for both, and keeps the name', async () => {
    const wrongPassword = await site.post('/login', { name: 'vera', password: 'wrong' })
    const wrongName = await site.post('/login', { name: 'nobody', password: PASSWORD })
    expect([wrongPassword.status, wrongName.status]).toEqual([401, 401])
    expect(wrongPassword.headers.get('set-cookie')).toBeNull()
    const text = await wrongPassword.text()
    expect(text).toContain('The name or the password is wrong.')
    expect(text).toContain('value="vera"')
    expect((await wrongName.text()).replace('nobody', 'vera')).toBe(text)
  })

  test('escapes the name that was typed', async () => {
    const response = await site.post('/login', { name: '"><script>alert(1)</script>', password: 'x' })
    const text = await response.text()
    expect(text).not.toContain('<script>alert')
    expect(text).toContain('&quot;&gt;&lt;script&gt;')
  })

  test('is blocked for a while after five failures, and the log has no password', async () => {
    for (let i = 0; i < 5; i++) await site.post('/login', { name: 'vera', password: 'my-wrong-one' })
    const blocked = await site.post('/login', { name: 'vera', password: PASSWORD })
    expect(blocked.status).toBe(429)
    expect(blocked.headers.get('retry-after')).toBe('30')
    expect(await blocked.text()).toContain('Try again in 30 seconds')
    await site.clock.advance(30_000)
    expect((await site.post('/login', { name: 'vera', password: PASSWORD })).status).toBe(303)
    expect(site.lines.join('\n')).not.toContain('my-wrong-one')
    expect(site.lines.join('\n')).not.toContain(PASSWORD)
  })

  test('from another site is refused', async () => {
    const fields = { name: 'vera', password: PASSWORD }
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const response = await site.post('/login', fields, headers as Record<string, string>)
      expect(response.status).toBe(403)
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect((await site.post('/login', fields, { origin: site.base })).status).toBe(303)
  })

  test('twice gives another session, and the one before is dead', async () => {
    const first = await site.signIn('vera')
    const response = await site.post('/login', { name: 'vera', password: PASSWORD }, { cookie: first })
    const second = response.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(second).not.toBe(first)
    expect(await isSignedIn(first)).toBe(false)
    expect(await isSignedIn(second)).toBe(true)
  })

  test('does not take a session that somebody else made up', async () => {
    const planted = `monitor-session-${site.port}=${'B'.repeat(43)}`
    await site.post('/login', { name: 'vera', password: PASSWORD }, { cookie: planted })
    expect(await isSignedIn(planted)).toBe(false)
  })

  test('from a browser that did so before is open while wrong passwords lock everything around it', async () => {
    const first = await site.post('/login', { name: 'vera', password: PASSWORD })
    const [, device = ''] = first.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
    for (let i = 0; i < 5; i++) await site.post('/login', { name: 'vera', password: 'wrong' })
    const signIn = (headers: Record<string, string>) =>
      site.post('/login', { name: 'vera', password: PASSWORD }, headers)
    expect((await signIn({})).status).toBe(429)
    expect((await signIn({ cookie: device })).status).toBe(303)
    // By itself the cookie gives no access.
    expect(await isSignedIn(device)).toBe(false)
  })

  test('is not asked of one who is signed in', async () => {
    const response = await site.send('/login?next=/password', { headers: await site.as('viewer') })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/password'])
  })
})

test('the sign-in page warns where the password would travel without TLS, and there alone', async () => {
  const warning = 'served without TLS'
  expect(await (await site.send('/login')).text()).not.toContain(warning)
  const open = await startTestSite(undefined, { warnsOfPlain: true })
  expect(await (await open.send('/login')).text()).toContain(warning)
  await open.stop()
})

describe('a session', () => {
  test('lives as long as it is used, and ends after the time without', async () => {
    const cookie = await site.signIn('vera')
    for (let i = 0; i < 4; i++) {
      await site.clock.advance(3_000_000)
      expect(await isSignedIn(cookie)).toBe(true)
    }
    await site.clock.advance(3_600_000)
    expect(await isSignedIn(cookie)).toBe(false)
  })

  test('is kept as a hash only', async () => {
    const cookie = await site.signIn('vera')
    const token = cookie.split('=')[1] ?? ''
    expect(await site.store.sessions.find(token, site.clock.now())).toBeNull()
    const hash = new Bun.CryptoHasher('sha256').update(token).digest('hex')
    expect(await site.store.sessions.find(hash, site.clock.now())).toMatchObject({
      user: 'vera',
      access: 'viewer',
    })
  })

  test('dies with its user and with a new password, and follows a change of access at once', async () => {
    const [vera, olga, ada] = [await site.signIn('vera'), await site.signIn('olga'), await site.signIn('ada')]
    await site.store.users.delete('vera')
    await site.store.users.setPassword('olga', await hashCheaply('another'))
    expect([await isSignedIn(vera), await isSignedIn(olga), await isSignedIn(ada)]).toEqual([
      false,
      false,
      true,
    ])
  })

  test('ends when it is signed out, for good', async () => {
    const cookie = await site.signIn('vera')
    const response = await site.post('/logout', { csrf: await site.csrf(cookie) }, { cookie })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/login'])
    expect(response.headers.get('set-cookie')).toBe(
      `monitor-session-${site.port}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
    )
    expect(await isSignedIn(cookie)).toBe(false)
  })
})

describe('the token of a form', () => {
  test('is needed for every change, and has to be that of the own session', async () => {
    const [vera, olga] = [await site.signIn('vera'), await site.signIn('olga')]
    const foreign = await site.csrf(olga)
    const bad: Record<string, string>[] = [{}, { csrf: '' }, { csrf: 'x' }, { csrf: foreign }]
    for (const fields of bad) {
      expect((await site.post('/logout', fields, { cookie: vera })).status).toBe(403)
      expect(await isSignedIn(vera)).toBe(true)
    }
    expect((await site.post('/logout', { csrf: await site.csrf(vera) }, { cookie: vera })).status).toBe(303)
  })

  test('may come as a header, for scripts', async () => {
    const cookie = await site.signIn('vera')
    const csrf = await site.csrf(cookie)
    expect((await site.post('/logout', {}, { cookie, 'x-csrf-token': csrf })).status).toBe(303)
  })

  test('does not help a form of another site', async () => {
    const cookie = await site.signIn('vera')
    const csrf = await site.csrf(cookie)
    expect((await site.post('/logout', { csrf }, { cookie, origin: 'http://evil.example' })).status).toBe(403)
  })
})

describe('the own password', () => {
  async function change(cookie: string, current: string, next: string, again = next) {
    return site.post('/password', { csrf: await site.csrf(cookie), current, new: next, again }, { cookie })
  }

  test('is changed; other sessions end, this browser goes on', async () => {
    const [here, elsewhere] = [await site.signIn('vera'), await site.signIn('vera')]
    const response = await change(
      here,
      PASSWORD,
      'battery staple Å'.normalize('NFD'),
      'battery staple Å'.normalize('NFC'),
    )
    expect([response.status, response.headers.get('location')]).toEqual([303, '/password?changed'])
    const [cookie = '', device = ''] = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
    expect([await isSignedIn(here), await isSignedIn(elsewhere), await isSignedIn(cookie)]).toEqual([
      false,
      false,
      true,
    ])
    expect(changed).toEqual(['vera'])
    expect((await site.post('/login', { name: 'vera', password: PASSWORD })).status).toBe(401)
    expect(await site.signIn('vera', 'battery staple Å')).toStartWith('monitor-session-')

    // This browser stays known after the change of password, and is not slowed down like unknown ones.
    const signIn = (password: string, headers = {}) =>
      site.post('/login', { name: 'vera', password }, headers)
    for (let i = 0; i < 5; i++) await signIn('wrong')
    expect((await signIn('battery staple Å')).status).toBe(429)
    expect((await signIn('battery staple Å', { cookie: device })).status).toBe(303)
  })

  test.each([
    ['wrong one', 'battery staple', 'battery staple', 'The current password is wrong.'],
    [PASSWORD, 'short', 'short', 'at least 8 characters'],
    [PASSWORD, 'x'.repeat(1025), 'x'.repeat(1025), 'at most 1024 characters'],
    [PASSWORD, 'battery staple', 'battery stable', 'not repeated the same'],
    [PASSWORD, PASSWORD, PASSWORD, 'the old one'],
  ])('stays as it is: case %#', async (current, next, again, problem) => {
    const cookie = await site.signIn('vera')
    const response = await change(cookie, current, next, again)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(problem)
    expect(changed).toEqual([])
    expect(await site.signIn('vera')).toStartWith('monitor-session-')
  })

  test('can not be tried for ever with a stolen session', async () => {
    const cookie = await site.signIn('vera')
    for (let i = 0; i < 5; i++) await change(cookie, `guess ${i}`, 'battery staple')
    expect((await change(cookie, PASSWORD, 'battery staple')).status).toBe(429)
  })
})

describe('a password that somebody else chose', () => {
  const sha224 = (text: string) => new Bun.CryptoHasher('sha224').update(text).digest('hex')
  const addOld = async (expires: number) =>
    site.store.users.add(
      'otto',
      'operator',
      writeStoredPassword({
        state: 'original',
        hash: await hashCheaply(sha224('eleven lamps')),
        expires,
      }),
      1,
    )
  const signIn = (password: string) => site.post('/login', { name: 'otto', password })
  const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? ''

  test('of the original product opens nothing but the page for a new one, until there is one', async () => {
    await addOld(site.clock.now() + 100)
    expect((await signIn('eleven lamp')).status).toBe(401)

    const cookie = cookieOf(await signIn('eleven lamps'))
    const home = await site.send('/', { headers: { cookie } })
    expect([home.status, home.headers.get('location')]).toEqual([303, '/password?first'])
    const api = await site.send('/api/v1/hosts', { headers: { cookie } })
    expect([api.status, await api.json()]).toEqual([
      403,
      { error: 'Choose your own password first, on the page /password.' },
    ])
    const markup = await (await site.send('/password?first', { headers: { cookie } })).text()
    expect(markup).toContain('Choose your own password before you continue.')
    // The stream would be refused too, which the page would show as a lost connection.
    expect(markup).not.toContain('data-live-state')
    const csrf = /name="csrf" value="([^"]+)"/.exec(markup)?.[1] ?? ''
    const change = (next: string) =>
      site.post('/password', { csrf, current: 'eleven lamps', new: next, again: next }, { cookie })
    const common = await change('Password123')
    expect([common.status, await common.text()]).toEqual([
      400,
      expect.stringContaining('anybody would guess'),
    ])
    const changed = await change('seven green boats')
    expect([changed.status, changed.headers.get('location')]).toEqual([303, '/'])
    expect((await site.send('/', { headers: { cookie: cookieOf(changed) } })).status).toBe(200)
    expect((await signIn('eleven lamps')).status).toBe(401)
    expect((await signIn('seven green boats')).status).toBe(303)
  })

  test('of the original product ends after its time, and a disabled user never gets in', async () => {
    await addOld(site.clock.now())
    expect((await signIn('eleven lamps')).status).toBe(401)
    const hash = await hashCheaply('seven green boats')
    await site.store.users.setPassword(
      'otto',
      writeStoredPassword({ state: 'disabled', hash, expires: null }),
    )
    expect((await signIn('seven green boats')).status).toBe(401)
  })
})
