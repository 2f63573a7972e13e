import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
let operator: { cookie: string }
let csrf = ''
const PATH = '/events/change-all'

/** Opens so many events of a host, one a metric. */
async function storm(host: string, count: number) {
  const time = site.clock.now() - 60
  const reports = Array.from({ length: count }, (_, i) => ({
    uid: crypto.randomUUID(),
    change: 1,
    time,
    metric: `perf.storm.${i}`,
    severity: 2 as const,
    status: 'open' as const,
    message: `storm ${i}`,
  }))
  await site.store.events.report(host, reports)
}

const get = async (path: string) => (await site.send(path, { headers: operator })).text()
const post = (fields: Record<string, string>) => site.post(PATH, { csrf, ...fields }, operator)
const countOf = async (host: string) =>
  (await site.store.events.list({ host, status: 'open', limit: 1 })).total
const hidden = (markup: string, name: string) =>
  (new RegExp(`name="${name}" value="([^"]*)"`).exec(markup)?.[1] ?? '').replaceAll('&amp;', '&')

beforeAll(async () => {
  site = await startTestSite()
  for (const host of ['web01', 'db01']) await site.report(host, site.clock.now() - 60, { 'perf.x': 1 })
  operator = await site.as('operator')
  csrf = await site.csrf(operator.cookie)
  await storm('web01', 250)
  await storm('db01', 3)
})
afterAll(() => site.stop())

test('a list of more than a page leads to changing all that fit, one that shows all of them does not', async () => {
  expect(await get('/events?host=web01&offset=100')).toContain(
    `href="${PATH}?host=web01">Select all 250 matching…`,
  )
  for (const path of ['/events?host=db01', '/events?status=all', '/events?status=closed'])
    expect(await get(path)).not.toContain(PATH)
})

test('says how many they are and changes none by being looked at', async () => {
  const markup = await get(`${PATH}?host=web01`)
  expect(markup).toContain('Close all 250</button>')
  expect(markup).toContain('Acknowledge all 250</button>')
  expect(hidden(markup, 'back')).toBe('/events?host=web01')
  expect(await get(`${PATH}?host=nobody`)).toContain('No open event matches')
  expect(await countOf('web01')).toBe(250)
})

test('changes every one of them with the comment, leaves what opened since, and writes one line to the log', async () => {
  const markup = await get(`${PATH}?host=web01`)
  await site.clock.advance(120_000)
  await site.store.events.report('web01', [
    {
      uid: 'late',
      change: 1,
      time: site.clock.now() - 10,
      metric: 'perf.late',
      severity: 1,
      status: 'open',
      message: 'late',
    },
  ])
  const fields = { back: hidden(markup, 'back'), seen: hidden(markup, 'seen'), comment: 'the power was out' }
  const answer = await post({ ...fields, action: 'close' })
  expect(answer.headers.get('location')).toBe(`/events?host=web01&did=close.${site.clock.now()}.n250`)
  expect((await site.store.events.list({ host: 'web01', status: 'open', limit: 9 })).events).toMatchObject([
    { message: 'late' },
  ])
  expect(await countOf('db01')).toBe(3)
  const [one] = (await site.store.events.list({ host: 'web01', status: 'closed', limit: 1 })).events
  expect((await site.store.events.history(one?.id ?? 0)).at(-1)).toMatchObject({
    action: 'closed',
    actor: 'olga',
    comment: 'the power was out',
  })
  expect((await site.store.audit.list({ limit: 1 })).entries).toMatchObject([
    { actor: 'olga', action: 'change events', detail: 'close 250 events, filtered by host=web01' },
  ])
})

test.each([
  ['another action', { action: 'reopen', back: '/events', seen: '1' }],
  ['no time', { action: 'close', back: '/events' }],
  ['no list', { action: 'close', back: '/hosts', seen: '2000000000' }],
  ['the list of another site', { action: 'close', back: 'https://evil.example/events', seen: '2000000000' }],
  ['a filter that is none', { action: 'close', back: '/events?severity=9', seen: '2000000000' }],
  [
    'a comment without end',
    { action: 'close', back: '/events', seen: '2000000000', comment: 'x'.repeat(3000) },
  ],
])('refuses %s and changes nothing', async (_, fields) => {
  expect((await post(fields as Record<string, string>)).status).toBe(400)
  expect(await countOf('db01')).toBe(3)
})

test('says that nothing was done where somebody else has acknowledged all that were selected', async () => {
  await site.report('cache01', site.clock.now() - 60, { 'perf.x': 1 })
  await storm('cache01', 2)
  const { events } = await site.store.events.list({ host: 'cache01', status: 'open', limit: 2 })
  const acknowledge = () => {
    const fields = new URLSearchParams({ csrf, action: 'acknowledge', back: '/events?host=cache01' })
    for (const { id } of events) fields.append('id', String(id))
    return site.send('/events/change', { method: 'POST', headers: operator, body: fields })
  }
  const first = await get((await acknowledge()).headers.get('location') ?? '')
  expect(first).toContain('Acknowledged 2 events')
  const second = await get((await acknowledge()).headers.get('location') ?? '')
  expect(second).toContain(
    'No event acknowledged. 2 events stay as they were: already acknowledged or closed.',
  )
  expect(second).not.toContain('>Undo<')
})
