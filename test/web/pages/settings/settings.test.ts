import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../../src/config/load.ts'
import { API } from '../../../../src/web/api/index.ts'
import { describeBrowser } from '../../../../src/web/auth/user-agent.ts'
import { CHECK_EXAMPLE } from '../../../../src/web/pages/settings/guide/guide-watching.tsx'
import { escapeHtml } from '../../../../src/web/ui/markup/html.ts'
import { PASSWORD, startTestSite, type TestSite } from '../../site.ts'

const sent: string[] = []
const notifier = {
  channels: [
    {
      name: 'webhook',
      doc: 'JSON.',
      targetDoc: 'an address',
      checkTarget: (address: string) =>
        address.startsWith('https://') ? null : 'an address such as "https://x"',
    },
  ],
  async sendTest(channel: string, address: string) {
    sent.push(`${channel} ${address}`)
    return address.includes('good')
      ? { isDelivered: true, answer: '200 thanks' }
      : { isDelivered: false, answer: 'refused <b>' }
  },
}

let site: TestSite
let admin: { cookie: string }
let csrf = ''

const text = async (path: string, headers: Record<string, string> = admin) =>
  (await site.send(path, { headers })).text()
const post = (path: string, fields: Record<string, string>) => site.post(path, { csrf, ...fields }, admin)
const newest = async () => (await site.store.audit.list({ limit: 1 })).entries[0]

beforeAll(async () => {
  site = await startTestSite((store) => store, { notifier })
  admin = await site.as('admin')
  csrf = await site.csrf(admin.cookie)
})
afterAll(() => site.stop())
beforeEach(() => {
  sent.length = 0
})

describe('rules', () => {
  const RULE = {
    name: 'Team',
    enabled: '1',
    host: 'web*',
    metric: '*',
    severity: '1',
    on: 'opening',
    channel: 'webhook',
    target: 'https://good.example/x',
    delay: '5m',
    repeat: '1h',
  }

  test('are added, changed, switched off and deleted after being asked once more', async () => {
    expect(await text('/settings/rules')).toContain('No notification rules yet')
    expect((await post('/settings/rules', RULE)).headers.get('location')).toBe('/settings/rules?done=added')
    const [rule] = await site.store.rules.list()
    if (!rule) throw new Error('there is no rule')
    const { id } = rule
    expect(rule).toMatchObject({ name: 'Team', severities: [1], onClosing: false, delay: 300, repeat: 3600 })
    expect(await text(`/settings/rules/${id}`)).toContain('value="5m"')
    await post(`/settings/rules/${id}`, { ...RULE, name: 'All of us', repeat: '' })
    expect(await site.store.rules.find(id)).toMatchObject({ name: 'All of us', repeat: null, enabled: true })
    await post(`/settings/rules/${id}/disable`, {})
    expect((await site.store.rules.find(id))?.enabled).toBe(false)
    expect((await newest())?.action).toBe('switch rule off')
    expect(await text(`/settings/rules/${id}/delete`)).toContain('Delete All of us?')
    expect(await site.store.rules.list()).toHaveLength(1)
    await post(`/settings/rules/${id}/delete`, {})
    expect(await site.store.rules.list()).toEqual([])
  })

  test.each([
    [{ name: '' }, 'Expected a name of'],
    [{ name: 'a\nb' }, 'Expected a name of'],
    [{ host: '' }, 'Expected a pattern of'],
    [{ host: 'a\tb' }, 'Expected a pattern of'],
    [{ severity: '7' }, 'at least one severity'],
    [{ on: '' }, 'at least one thing'],
    [{ channel: 'pigeon' }, 'Expected one of webhook'],
    [{ target: 'nowhere' }, 'Expected an address'],
    [{ delay: 'soon' }, 'Expected a duration such as 5m'],
    [{ repeat: '5s' }, 'at least one minute'],
  ])('are refused with %p, and what was typed stays', async (fields, problem) => {
    const response = await post('/settings/rules', { ...RULE, ...fields, metric: 'typed.*' })
    expect(response.status).toBe(400)
    const markup = await response.text()
    expect(markup).toContain(problem)
    expect(markup).toContain('value="typed.*"')
    expect(await site.store.rules.list()).toEqual([])
  })

  test('may send to a target by its name, and have names of their own', async () => {
    await post('/settings/targets', {
      name: 'On call',
      channel: 'webhook',
      address: 'https://good.example/call',
    })
    const fields = { ...RULE, target: 'On call' }
    expect((await post('/settings/rules', fields)).status).toBe(303)
    expect((await post('/settings/rules', fields)).status).toBe(409)
    const test = await post('/settings/rules/new/test', fields)
    expect(await test.text()).toContain('200 thanks')
    expect(sent).toEqual(['webhook https://good.example/call'])
  })
})

describe('targets', () => {
  test('are tried out before and after they are saved, with the answer shown', async () => {
    const fields = { name: 'Chat', channel: 'webhook', address: 'https://bad.example/key' }
    const tried = await (await post('/settings/targets/new/try', fields)).text()
    expect(tried).toContain('refused &lt;b&gt;')
    expect(tried).toContain('value="https://bad.example/key"')
    expect((await site.store.targets.list()).some(({ name }) => name === 'Chat')).toBe(false)
    await post('/settings/targets', fields)
    const target = (await site.store.targets.list()).find(({ name }) => name === 'Chat')
    expect(await (await post(`/settings/targets/${target?.id}/test`, {})).text()).toContain('was rejected')
    expect(sent).toHaveLength(2)
    expect((await newest())?.detail).toBe('Chat: rejected')
  })

  test('are refused with what the field should hold', async () => {
    for (const [fields, problem] of [
      [{ name: '', channel: 'webhook', address: 'https://good.example' }, 'Expected a name of'],
      [{ name: 'x', channel: 'pigeon', address: 'https://good.example' }, 'Expected one of webhook'],
      [{ name: 'x', channel: 'webhook', address: 'nowhere' }, 'id="problem-address">Expected an address'],
    ] as const) {
      const response = await post('/settings/targets', fields)
      expect(response.status).toBe(400)
      expect(await response.text()).toContain(problem)
    }
  })

  test('show their address to administrators alone', async () => {
    expect(await text('/settings/targets')).toContain('https://bad.example/key')
    const markup = await text('/settings/targets', await site.as('operator'))
    expect(markup).toContain('https://bad.example/…')
    expect(markup).not.toContain('bad.example/key')
  })

  test('that a rule uses stay', async () => {
    const used = (await site.store.targets.list()).find(({ name }) => name === 'On call')
    const response = await post(`/settings/targets/${used?.id}/delete`, {})
    expect(response.status).toBe(409)
    expect(await response.text()).toContain('A rule still sends to this target')
  })
})

describe('windows', () => {
  /** A window that is held once is shown by the clocks of the reader. */
  const shownAs: Readonly<Record<string, string>> = {
    '2026-07-01T22:00': '2026-07-01T20:00',
    '2026-07-02T02:00': '2026-07-02T00:00',
    '1, 15 last': '1, 15, last',
  }
  const base = { name: 'W', host: '*', zone: 'Europe/Zurich', start: '22:00', end: '06:00' }

  test.each([
    [
      { kind: 'once', from: '2026-07-01T22:00', to: '2026-07-02T02:00' },
      { kind: 'once', from: Date.UTC(2026, 6, 1, 20) / 1000, to: Date.UTC(2026, 6, 2, 0) / 1000 },
    ],
    [{ kind: 'daily' }, { kind: 'daily', start: 1320, end: 360, zone: 'Europe/Zurich' }],
    [
      { kind: 'weekly', weekday: '7' },
      { kind: 'weekly', start: 1320, end: 360, zone: 'Europe/Zurich', days: [7] },
    ],
    [
      { kind: 'monthly', month_days: '1, 15 last' },
      { kind: 'monthly', start: 1320, end: 360, zone: 'Europe/Zurich', days: [1, 15, -1] },
    ],
  ])('of %p are kept and shown again as they were typed', async (fields, when) => {
    expect((await post('/settings/maintenance', { ...base, ...fields })).status).toBe(303)
    const [window] = await site.store.maintenanceWindows.list()
    expect(window?.when as unknown).toEqual(when)
    const markup = await text(`/settings/maintenance/${window?.id}`)
    for (const value of Object.values(fields)) expect(markup).toContain(shownAs[value] ?? value)
    expect(await text('/settings/maintenance')).toContain('W')
    await post(`/settings/maintenance/${window?.id}/delete`, {})
    expect(await site.store.maintenanceWindows.list()).toEqual([])
  })

  test.each([
    [{ kind: 'once', from: '2026-07-01T22:00', to: '2026-07-01T22:00' }, 'after the beginning'],
    [{ kind: 'once', from: '', to: '' }, 'A day and a time'],
    [{ kind: 'weekly' }, 'at least one day'],
    [{ kind: 'monthly', month_days: '0, 40' }, 'Days from 1 to 31'],
    [{ kind: 'daily', zone: 'Atlantis/Main' }, 'Expected a time zone such as'],
    [{ kind: 'daily', host: 'a\tb' }, 'Expected a pattern of'],
    [{ kind: 'daily', start: '25:00' }, 'A time such as 22:00'],
    [{ kind: 'sometimes' }, 'Choose when it is'],
  ])('are refused with %p', async (fields, problem) => {
    const response = await post('/settings/maintenance', { ...base, ...fields })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(problem)
  })

  test('are for operators too', async () => {
    const operator = await site.as('operator')
    const token = await site.csrf(operator.cookie)
    expect(
      (await site.post('/settings/maintenance', { ...base, kind: 'daily', csrf: token }, operator)).status,
    ).toBe(303)
  })
})

describe('users', () => {
  test('whose password somebody has set meanwhile keep it until the second decides', async () => {
    await post('/settings/users', { name: 'pia', access: 'viewer', password: 'long enough' })
    const readVersion = (markup: string) => /name="version" value="(\w+)"/.exec(markup)?.[1] ?? ''
    const opened = readVersion(await text('/settings/users/pia'))
    const path = '/settings/users/pia/password'
    expect((await post(path, { password: 'the first of two', version: opened })).status).toBe(303)
    const refused = await post(path, { password: 'the second of two', version: opened })
    expect(refused.status).toBe(409)
    const page = await refused.text()
    expect(page).toContain('set the password of pia after you opened this page')
    await site.signIn('pia', 'the first of two')
    const again = await post(path, { password: 'the second of two', version: readVersion(page) })
    expect(again.status).toBe(303)
    await site.signIn('pia', 'the second of two')
    await post('/settings/users/pia/delete', {})
  })

  test('are added, given another access and password, and deleted after being asked once more', async () => {
    expect(
      (await post('/settings/users', { name: 'nina', access: 'viewer', password: 'long enough' })).status,
    ).toBe(303)
    expect(
      (await post('/settings/users', { name: 'nina', access: 'admin', password: 'long enough' })).status,
    ).toBe(409)
    const cookie = await site.signIn('nina', 'long enough')
    await post('/settings/users/nina/access', { access: 'operator' })
    expect((await site.send('/settings/maintenance', { headers: { cookie } })).status).toBe(200)
    await post('/settings/users/nina/password', { password: 'another one' })
    expect((await site.send('/settings', { headers: { cookie } })).status).toBe(303)
    await site.signIn('nina', 'another one')
    expect(await text('/settings/users/nina/delete')).toContain('Delete nina?')
    expect((await post('/settings/users/nina/delete', {})).status).toBe(303)
    expect(await site.store.users.find('nina')).toBeNull()
    const { entries } = await site.store.audit.list({ search: 'nina', limit: 10 })
    expect(entries.map(({ action }) => action)).toEqual([
      'delete user',
      'set password of user',
      'change access of user',
      'add user',
    ])
    expect(JSON.stringify(entries)).not.toMatch(/long enough|another one/)
  })

  test.each([
    [{ name: 'a b' }, 'At most 64 letters'],
    [{ access: 'god' }, 'Choose one of them'],
    [{ password: 'short' }, 'at least 8 characters'],
  ])('are refused with %p', async (fields, problem) => {
    const response = await post('/settings/users', {
      name: 'x',
      access: 'viewer',
      password: 'long enough',
      ...fields,
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(problem)
  })

  test('keep an administrator, who may be another one', async () => {
    for (const [path, fields] of [
      ['/settings/users/ada/delete', {}],
      ['/settings/users/ada/access', { access: 'viewer' }],
    ] as const)
      expect((await post(path, fields)).status).toBe(409)
    await post('/settings/users', { name: 'root', access: 'admin', password: 'long enough' })
    const cookie = await site.signIn('root', 'long enough')
    const token = await site.csrf(cookie)
    expect(
      (await site.post('/settings/users/ada/access', { access: 'viewer', csrf: token }, { cookie })).status,
    ).toBe(303)
    expect((await site.store.users.find('ada'))?.access).toBe('viewer')
    await site.post('/settings/users/ada/access', { access: 'admin', csrf: token }, { cookie })
    expect((await site.store.users.find('ada'))?.access).toBe('admin')
  })
})

describe('sessions', () => {
  test('are listed with where they are from, and ended by who may', async () => {
    const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
    const other = await site.post('/login', { name: 'vera', password: PASSWORD }, headers)
    const cookie = other.headers.get('set-cookie')?.split(';')[0] ?? ''
    const own = await text('/settings/sessions', { cookie })
    expect(own).toContain('Firefox 140 on Linux')
    expect(own).toContain('this one')
    expect(own).not.toContain('>ada<')
    const all = await site.store.sessions.list(null, site.clock.now())
    const ofAda = all.find(({ user }) => user === 'ada')
    const token = await site.csrf(cookie)
    const stolen = await site.post(`/settings/sessions/${ofAda?.id}/revoke`, { csrf: token }, { cookie })
    expect(stolen.status).toBe(404)
    const ofVera = (await site.store.sessions.list('vera', site.clock.now()))[0]
    expect(await text('/settings/sessions?user=vera')).toContain('Firefox 140 on Linux')
    expect((await post(`/settings/sessions/${ofVera?.id}/revoke`, { user: 'vera' })).status).toBe(303)
    expect((await site.send('/settings', { headers: { cookie } })).status).toBe(303)
  })

  test.each([
    ['', '–'],
    ['curl/8.5', 'curl/8.5'],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0',
      'Edge 140 on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari 18 on iOS',
    ],
  ])('of %j are of %j', (agent, words) => expect(describeBrowser(agent)).toBe(words))
})

describe('API tokens', () => {
  test('are shown once, do what they were made for, and are revoked by who may', async () => {
    const operator = await site.as('operator')
    const token = await site.csrf(operator.cookie)
    const made = await site.post(
      '/settings/tokens',
      { csrf: token, name: 'script', access: 'viewer', expires: '30d' },
      operator,
    )
    const secret = /<code id="secret">([^<]+)</.exec(await made.text())?.[1] ?? ''
    const authorization = `Bearer ${secret}`
    expect((await site.send('/api/v1/hosts', { headers: { authorization } })).status).toBe(200)
    expect(
      (await site.send('/api/v1/events/1/close', { method: 'POST', headers: { authorization } })).status,
    ).toBe(403)
    expect(await text('/settings/tokens', operator)).not.toContain(secret)
    const [listed] = (await site.store.tokens.list()).filter(({ name }) => name === 'script')
    expect(listed).toMatchObject({ access: 'viewer', expires: site.clock.now() + 30 * 86_400 })
    const viewer = await site.as('viewer')
    const foreign = await site.csrf(viewer.cookie)
    expect((await site.post(`/settings/tokens/${listed?.id}/revoke`, { csrf: foreign }, viewer)).status).toBe(
      404,
    )
    expect((await post(`/settings/tokens/${listed?.id}/revoke`, {})).status).toBe(303)
    expect((await site.send('/api/v1/hosts', { headers: { authorization } })).status).toBe(401)
    expect(JSON.stringify(await site.store.audit.list({}))).not.toContain(secret)
  })

  test('with more access than a viewer need the password of who makes them', async () => {
    const operator = await site.as('operator')
    const csrf = await site.csrf(operator.cookie)
    const make = async (password: string) => {
      const fields = { csrf, name: 'deploy', access: 'operator', expires: '30d', password }
      return (await site.post('/settings/tokens', fields, operator)).status
    }
    expect([await make(''), await make('wrong')]).toEqual([400, 400])
    expect(await make(PASSWORD)).toBe(200)
    const made = (await site.store.tokens.list()).filter(({ name }) => name === 'deploy')
    expect(made.map(({ access }) => access)).toEqual(['operator'])
  })

  test('are revoked with a change of the password where that is wanted, and those of nobody else', async () => {
    const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
    await site.store.users.add('rita', 'viewer', hash, site.clock.now())
    const viewer = { cookie: await site.signIn('rita') }
    await site.store.tokens.add({ name: 'x', user: 'rita', tokenHash: 'h', created: 1, expires: null })
    await site.bearer('admin')
    const count = async (user: string) =>
      (await site.store.tokens.list()).filter((token) => token.user === user).length
    const others = await count('ada')
    const fields = { current: PASSWORD, new: 'battery staple', again: 'battery staple', tokens: 'revoke' }
    const csrf = await site.csrf(viewer.cookie)
    expect((await site.post('/password', { csrf, ...fields }, viewer)).status).toBe(303)
    expect([await count('rita'), await count('ada')]).toEqual([0, others])
    await site.store.users.delete('rita')
  })

  test('are limited to groups of hosts where that is wanted; what can be no group is said at its field', async () => {
    const viewer = await site.as('viewer')
    const csrf = await site.csrf(viewer.cookie)
    const make = (groups: string) =>
      site.post('/settings/tokens', { csrf, name: 'berlin', access: 'viewer', expires: '1d', groups }, viewer)
    const refused = await make('berlin, a/b')
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('Expected names of groups such as web or site:ams1')
    expect(await (await make('berlin, Web')).text()).toContain('berlin, web')
    const made = (await site.store.tokens.list()).filter(({ name }) => name === 'berlin')
    expect(made.map(({ groups }) => groups)).toEqual([['berlin', 'web']])
  })

  test('have an end that nobody need choose, and none where that is chosen', async () => {
    const viewer = await site.as('viewer')
    const csrf = await site.csrf(viewer.cookie)
    const make = (fields: Record<string, string>) =>
      site.post('/settings/tokens', { csrf, access: 'viewer', ...fields }, viewer)
    expect((await make({ name: 'by-default' })).status).toBe(200)
    expect((await make({ name: 'for-ever', expires: '' })).status).toBe(200)
    const made = new Map((await site.store.tokens.list()).map(({ name, expires }) => [name, expires]))
    expect(made.get('by-default')).toBe(site.clock.now() + 90 * 86_400)
    expect(made.get('for-ever')).toBeNull()
  })

  test('give nobody more than they have', async () => {
    const viewer = await site.as('viewer')
    const token = await site.csrf(viewer.cookie)
    const fields = { csrf: token, name: 'x', access: 'admin', expires: '' }
    expect((await site.post('/settings/tokens', fields, viewer)).status).toBe(400)
  })
})

describe('preferences', () => {
  test('are kept for the user, and every page carries them', async () => {
    const fields = { theme: 'dark', zone: 'Europe/Zurich', dates: 'de' }
    expect((await post('/settings/preferences', fields)).status).toBe(303)
    const markup = await text('/settings/preferences')
    expect(markup).toContain('data-theme="dark" data-zone="Europe/Zurich" data-dates="de"')
    expect(markup).toContain('<option value="de" selected>')
    await post('/settings/preferences', { theme: 'system', zone: '', dates: '' })
    expect(await text('/settings')).not.toContain('data-theme="')
  })

  test('refuse a zone that there is not', async () =>
    expect(
      (await post('/settings/preferences', { theme: 'dark', zone: 'Nowhere/At_all', dates: '' })).status,
    ).toBe(400))
})

describe('what the server shows about itself', () => {
  test('the audit log is read by person and by words', async () => {
    await site.store.audit.add({
      time: 1,
      actor: 'zoe',
      way: 'shell',
      address: '',
      action: 'add user',
      detail: '<i>x</i>',
    })
    const markup = await text('/settings/audit?actor=zoe')
    expect(markup).toContain('&lt;i&gt;x&lt;/i&gt;')
    expect(markup).toContain('1 change matching')
    expect(await text('/settings/audit?search=nothing-like-this')).toContain('No matching change')
  })

  test('a change that was refused is in no log', async () => {
    const before = (await site.store.audit.list({})).total
    await post('/settings/users', { name: 'a b', access: 'viewer', password: 'long enough' })
    await site.post('/settings/users', { name: 'ok', access: 'viewer', password: 'long enough' }, admin)
    expect((await site.store.audit.list({})).total).toBe(before)
  })

  test('figures of the database are taken once for everybody', async () => {
    expect(await text('/settings/storage')).toContain('Samples')
    await site.report('later', site.clock.now(), { 'perf.memory.percent.used': 1 })
    expect(await text('/settings/storage')).toContain('<span class="name">Hosts</span><b>0</b>')
    await site.clock.advance(11 * 60_000)
    expect(await text('/settings/storage')).toContain('<span class="name">Hosts</span><b>1</b>')
  })

  test('the storage page shows what each host takes, and the last backup', async () => {
    expect(await text('/settings/storage')).toContain('No <code>monitor backup</code> has been run yet')
    const folder = mkdtempSync(join(tmpdir(), 'monitor-backup-'))
    await site.report('large', site.clock.now() - 60, { a: 1, b: 2, c: 3 })
    await site.report('small', site.clock.now() - 60, { a: 1 })
    await site.store.maintenance.backup(join(folder, 'copy.db'))
    await site.clock.advance(11 * 60_000)
    const markup = await text('/settings/storage')
    expect(markup).toContain(join(folder, 'copy.db'))
    const rows = [
      ...markup.matchAll(
        /href="\/hosts\/(\w+)">.*?<td class="number"[^>]*>(.*?)<.*?<td class="number"[^>]*>(.*?)</g,
      ),
    ]
    expect(rows.map(([, host, samples, share]) => [host, samples, share])).toEqual([
      ['large', '3', '60.0\u202f%'],
      ['later', '1', '20.0\u202f%'],
      ['small', '1', '20.0\u202f%'],
    ])
    rmSync(folder, { recursive: true })
  })

  test('the guide has the commands that it was handed, and every address of the API', async () => {
    const options = [{ usage: '--access viewer|admin', doc: 'What the user may do' }]
    const reported = await startTestSite(undefined, {
      about: { commands: [{ usage: 'monitor user add NAME', doc: 'Adds a user', options }] },
    })
    const markup = await (
      await reported.send('/settings/guide', { headers: await reported.as('viewer') })
    ).text()
    await reported.stop()
    for (const words of ['monitor user add NAME', 'Adds a user', '--access viewer|admin'])
      expect(markup).toContain(words)
    for (const { path, method, access, scope, doc } of API) {
      const shown = path.replace(/:(\w+)/g, (_, name: string) => name.toUpperCase())
      expect(doc ?? '').not.toBe('')
      expect(markup).toContain(
        `${method} ${shown}</code></dt><dd>${escapeHtml(doc ?? '')} <span class="soft">Access: ${access}${
          scope === undefined ? '; not by a token limited to groups' : ''
        }</span>`,
      )
    }
  })

  test('the checks that the guide shows are ones that an agent takes', () => {
    const file = '/etc/monitor/agent.toml'
    const text = `[agent]\nserver = "collect.example.org"\n${CHECK_EXAMPLE}\n`
    const host = {
      env: {},
      cwd: '/',
      platform: 'linux',
      readText: (path: string) => (path === file ? text : ''),
      isThere: (path: string) => path === file,
    }
    const { agent } = loadConfig({ config: file }, host).config
    expect(agent.check.map(({ name, kind }) => [name, kind])).toEqual([
      ['shop', 'http'],
      ['mail-queue', 'script'],
    ])
  })

  test('the guide has the metrics that it was handed, with unit, systems and what is watched out of the box', async () => {
    const metrics = [
      { name: 'perf.memory.percent.used', unit: '%', doc: 'Memory in use.' },
      { name: 'perf.disk.<disk>.bytes.read', unit: 'B/s', doc: 'Read & written.', systems: 'Linux' },
    ] as const
    const reported = await startTestSite(undefined, { about: { metrics } })
    const markup = await (
      await reported.send('/settings/guide', { headers: await reported.as('viewer') })
    ).text()
    await reported.stop()
    const rows = [...(markup.split('id="metrics"')[1]?.split('</table>')[0] ?? '').matchAll(/<tr>.*?<\/tr>/g)]
      .slice(1)
      .map(([row]) => row.replaceAll('<wbr>', '').replace(/<[^>]*>/g, ' '))
    expect(rows.map((row) => row.split(/\s+/).join(' ').trim())).toEqual([
      'perf.memory.percent.used % Memory in use. information > 85 % warning > 90 % major > 95 % critical > 99 % for 15 minutes Linux, Windows'.replaceAll(
        '>',
        '&gt;',
      ),
      'perf.disk.&lt;disk&gt;.bytes.read B/s Read &amp; written. Linux',
    ])
  })
})
