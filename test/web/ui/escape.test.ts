import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hashToken } from '../../../src/lib/hash-token.ts'
import { PAGES } from '../../../src/web/pages/index.ts'
import { escapeHtml } from '../../../src/web/ui/markup/html.ts'
import { startTestSite, type TestSite } from '../site.ts'

/** What an agent could send to get into the pages of whoever looks. */
const EVIL = `</script></title><script>alert(1)</script>"'><img src=x onerror=alert(1)>`
const METRIC = 'perf.filesystem.dev.sda1.percent.used'

/** Elements and attributes that none of our pages has, as a parser of HTML sees them. */
function listDangers(markup: string): string[] {
  const dangers: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element(element) {
      const { tagName } = element
      const isData = element.getAttribute('type') === 'application/json'
      if (tagName === 'img' || tagName === 'style') dangers.push(tagName)
      if (tagName === 'script' && !element.hasAttribute('src') && !isData) dangers.push('inline script')
      for (const [name] of element.attributes)
        if (name === 'style' || name.startsWith('on')) dangers.push(`${tagName} ${name}`)
    },
  })
  rewriter.transform(markup)
  return dangers
}

test('the test sees what it looks for', () => {
  expect(listDangers('<p style="a" onclick="b"><img src=x></p><script>1</script><a title=" onx=">')).toEqual([
    'p style',
    'p onclick',
    'img',
    'inline script',
  ])
})

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  const threshold = {
    severity: 2,
    compare: '>',
    value: 40,
    duration: 0,
    clearAfter: 5,
    clearValue: 3,
  } as const
  const thresholds = [EVIL, METRIC].map((metric) => ({ ...threshold, metric, isStandard: false }))
  const facts = { ip: EVIL, platform: EVIL, build: EVIL, architecture: EVIL, domain: EVIL, thresholds }
  await site.report('web01', now - 60, { [METRIC]: 41.5, 'perf.memory.percent.used': 1 }, facts)
  const event = {
    uid: null,
    change: 1,
    time: now - 60,
    metric: METRIC,
    severity: 1 as const,
    status: 'open' as const,
  }
  await site.store.ingest.write([
    {
      host: 'web01',
      facts: null,
      seen: now,
      clockSkew: 0,
      frames: [],
      events: [{ ...event, message: EVIL }],
    },
  ])
})
afterAll(() => site.stop())

const evil = encodeURIComponent(EVIL)
const pages = PAGES.filter((page) => page.method === 'GET' && page.path !== '/live').flatMap(({ path }) => {
  const good = path.replace(':name', 'web01').replace(':metric', METRIC).replace(':id', '1')
  const bad = path.replace(/:\w+/g, evil)
  return [
    good,
    `${good}?q=${evil}&search=${evil}&sort=${evil}&range=${evil}&from=${evil}&page=${evil}&next=/${evil}`,
    bad,
  ]
})

test.each([...new Set(pages)].map((path) => [decodeURIComponent(path).slice(0, 60), path] as const))(
  'nothing that was sent becomes markup on %s',
  async (_, path) => {
    const response = await site.send(path, { headers: await site.as('admin') })
    expect(response.status).toBeLessThan(500)
    // JSON is not markup, and no browser may treat it as markup.
    if (response.headers.get('content-type')?.startsWith('application/json'))
      return expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const text = await response.text()
    expect(text).not.toContain('<script>alert')
    expect(listDangers(text)).toEqual([])
  },
)

test('the home page and the lists show it as the text that it is', async () => {
  const headers = await site.as('viewer')
  for (const path of ['/hosts', '/hosts/web01', '/events'])
    expect(await (await site.send(path, { headers })).text()).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt;',
    )
})

test('the API gives it unchanged, as JSON that no browser takes for a page', async () => {
  const response = await site.send('/api/v1/hosts/web01', { headers: await site.as('viewer') })
  expect(((await response.json()) as { build: string }).build).toBe(EVIL)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

const NAMED_TOKEN = 'n'.repeat(43)

/** Whatever people and agents may call things. */
const NAMES = {
  markup: '<script>alert(1)</script>',
  quotes: `"double" 'single' \`back\` &amp; <b>`,
  'emoji and combined letters': '🐧👩‍🚒 Zürich\u0301 \u202eright to left',
  '255 characters': 'n'.repeat(255),
}

describe.each(Object.entries(NAMES))('things that are called by %s', (_, name) => {
  let named: TestSite
  const host = name.slice(0, 253)
  // Groups and users have shorter names.
  const [group, user] = [name.slice(0, 64), name.slice(0, 64)]
  let cookie = ''
  beforeAll(async () => {
    named = await startTestSite(undefined, {
      notifier: {
        channels: [{ name: 'mail', doc: name, targetDoc: name, checkTarget: () => null }],
        sendTest: async () => ({ isDelivered: false, answer: name }),
      },
    })
    cookie = `monitor-session-${named.port}=${NAMED_TOKEN}`
    await seedNamed(named, { name, host, group, user })
  })
  afterAll(() => named.stop())

  test('are text on every page, and stand where one looks for them', async () => {
    const shown = new Set<string>()
    for (const { path, method } of PAGES) {
      // Releases are files, and this site hands out none.
      if (method !== 'GET' || /^\/(live$|install|releases)/.test(path)) continue
      const address = path
        .replace(/^\/(hosts|fleet)\/:name/, (_path, place) => `/${place}/${encodeURIComponent(host)}`)
        .replace(':metric', encodeURIComponent(name))
        .replace(':user', encodeURIComponent(user))
        .replace(/:id/, '1')
      const series = encodeURIComponent(`${host}:${name}`)
      const response = await named.send(
        `${address}?q=${encodeURIComponent(name.slice(0, 100))}&series=${series}&since=1`,
        {
          headers: { cookie },
        },
      )
      // A user who is signed in is redirected and does not see the form.
      expect([path, response.status]).toEqual([path, path === '/login' ? 303 : 200])
      const text = await response.text()
      const isPage = response.headers.get('content-type')?.startsWith('text/html')
      if (isPage) expect([path, listDangers(text)]).toEqual([path, []])
      if (isPage) expect(text).not.toContain('<script>alert')
      if (isPage && text.includes(escapeHtml(name).slice(0, 60))) shown.add(path)
    }
    for (const path of SHOW_NAMES) expect([...shown]).toContain(path)
  })
})

const SHOW_NAMES = [
  '/',
  '/hosts',
  '/hosts/:name',
  '/hosts/:name/metrics/:metric',
  '/events',
  '/events/:id',
  '/search',
  '/settings',
  '/settings/rules',
  '/settings/rules/:id',
  '/settings/targets',
  '/settings/targets/:id',
  '/settings/maintenance',
  '/settings/maintenance/:id',
  '/settings/views',
  '/settings/views/:id',
  '/settings/users',
  '/settings/users/:user',
  '/settings/sessions',
  '/settings/tokens',
  '/settings/audit',
]

/** One of each kind of thing, as they may come to be in the database by whatever way. */
async function seedNamed(
  { store, clock, report }: TestSite,
  { name, host, group, user }: Readonly<Record<'name' | 'host' | 'group' | 'user', string>>,
) {
  const now = clock.now()
  const facts = { ip: name.slice(0, 64), platform: name, build: name, architecture: name, domain: host }
  await report(host, now - 60, { [name]: 41.5, 'perf.memory.percent.used': 1 }, { ...facts, groups: [group] })
  await store.hosts.giveGroups(host, [group])
  const opening = { uid: null, change: 1, time: now - 60, metric: name, severity: 1, status: 'open' } as const
  await store.events.report(host, [{ ...opening, message: name }])
  await store.users.add(user, 'admin', 'hash', now)
  await store.events.acknowledge(1, user, now, name)
  await store.targets.add({ name, channel: 'mail', address: name })
  await store.rules.add({
    name,
    enabled: true,
    host: name,
    metric: name,
    severities: [1],
    onOpening: true,
    onClosing: true,
    onSeverityChange: false,
    channel: 'mail',
    target: name,
    delay: 0,
    repeat: null,
  })
  await store.maintenanceWindows.add({
    name,
    host: name,
    when: { kind: 'once', from: now - 60, to: now + 60 },
  })
  const path = `/hosts?q=${encodeURIComponent(name.slice(0, 60))}`
  await store.views.add({ owner: user, name: name.slice(0, 100), path, isShared: true })
  const origin = { address: name.slice(0, 64), browser: name }
  await store.sessions.add({
    tokenHash: hashToken(NAMED_TOKEN),
    user,
    created: now,
    expires: now + 3600,
    origin,
  })
  await store.tokens.add({ name, user, tokenHash: 'hash', created: now, expires: null })
  const entry = { time: now, actor: user, way: 'website', address: name, action: name, detail: name } as const
  await store.audit.add(entry)
}
