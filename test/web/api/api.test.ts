import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { API } from '../../../src/web/api/index.ts'
import { FACTS, SILENCE, startTestSite, type TestSite } from '../site.ts'

const MEMORY = 'perf.memory.percent.used'
let site: TestSite
let headers: Record<string, string>
let now = 0

beforeAll(async () => {
  site = await startTestSite()
  headers = await site.bearer('viewer')
  await site.report('old01', site.clock.now(), { [MEMORY]: 10 }, { platform: 'Windows', ip: '10.0.0.9' })
  await site.clock.advance((SILENCE + 1) * 1000)
  now = site.clock.now()
  for (let i = 120; i >= 1; i--)
    await site.report('web01', now - i * 60, { [MEMORY]: i / 2, 'perf.system.uptime.seconds': 5 })
  await site.report('ürün-2.x', now - 60, { [MEMORY]: 0.1 })
})
afterAll(() => site.stop())

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await site.send(`/api/v1${path}`, { headers })
  expect(response.headers.get('content-type')).toStartWith('application/json')
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const names = (body: Record<string, unknown>) => (body.hosts as { name: string }[]).map((host) => host.name)

const web01 = () => ({
  name: 'web01',
  status: 'up',
  last_seen: now,
  ip: FACTS.ip,
  platform: 'Linux',
  build: 'Debian 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memory_mb: 7976,
  open_events: { critical: 0, major: 0, warning: 0, information: 0 },
  groups: [],
  latest: { [MEMORY]: 0.5, 'perf.system.uptime.seconds': 5 },
  agent: null,
})

describe('hosts', () => {
  test('are listed by name with all that is known of them', async () => {
    const { status, body } = await get('/hosts')
    expect(status).toBe(200)
    expect(body.total).toBe(3)
    expect(names(body)).toEqual(['old01', 'web01', 'ürün-2.x'])
    expect((body.hosts as unknown[])[1]).toEqual(web01())
    expect((body.hosts as { status: string }[])[0]?.status).toBe('down')
  })

  test.each([
    ['?search=WEB', ['web01']],
    ['?search=windows', ['old01']],
    ['?search=%3Cscript%3E', []],
    ['?search=%25', []],
    ['?status=down', ['old01']],
    ['?status=up&sort=name&order=desc', ['ürün-2.x', 'web01']],
    ['?limit=1&offset=1', ['web01']],
    ['?offset=99', []],
    ['?search=', ['old01', 'web01', 'ürün-2.x']],
  ])('%s gives %j', async (query, expected) => {
    expect(names((await get(`/hosts${query}`)).body)).toEqual(expected)
  })

  test('are counted before they are cut into pages', async () => {
    expect((await get('/hosts?limit=1')).body.total).toBe(3)
    expect((await get('/hosts?limit=1&search=web')).body.total).toBe(1)
  })

  test('one by name, in any script', async () => {
    expect(await get('/hosts/web01')).toEqual({ status: 200, body: { ...web01(), thresholds: null } })
    expect((await get(`/hosts/${encodeURIComponent('ürün-2.x')}`)).body.name).toBe('ürün-2.x')
  })

  test('have the names of their metrics with units', async () => {
    expect((await get('/hosts/web01/metrics')).body).toEqual({
      host: 'web01',
      metrics: [
        { metric: MEMORY, unit: '%' },
        { metric: 'perf.system.uptime.seconds', unit: 's' },
      ],
    })
  })
})

describe('a metric', () => {
  const path = `/hosts/web01/metrics/${MEMORY}`

  test('gives the last hour unless said otherwise, every sample', async () => {
    const { status, body } = await get(path)
    expect(status).toBe(200)
    expect(body).toEqual({
      host: 'web01',
      metric: MEMORY,
      unit: '%',
      points: Array.from({ length: 60 }, (_, i) => [now - (60 - i) * 60, (60 - i) / 2]),
    })
  })

  test('gives from and to, both included', async () => {
    const { body } = await get(`${path}?from=${now - 180}&to=${now - 60}`)
    expect(body.points).toEqual([
      [now - 180, 1.5],
      [now - 120, 1],
      [now - 60, 0.5],
    ])
    expect((await get(`${path}?to=${now - 7200}`)).body.points).toEqual([[now - 7200, 60]])
  })

  test('gives at most so many rows of time, minimum, mean and maximum, and loses no extreme', async () => {
    for (const points of [1, 2, 7, 59, 60, 120, 1000]) {
      const { body } = await get(`${path}?from=${now - 7200}&to=${now}&points=${points}`)
      const rows = body.points as [number, number, number, number][]
      expect(rows.length).toBeLessThanOrEqual(points)
      expect(rows.length).toBeGreaterThan(0)
      expect(Math.min(...rows.map((row) => row[1]))).toBe(0.5)
      expect(Math.max(...rows.map((row) => row[3]))).toBe(60)
      for (const [time, min, mean, max] of rows) {
        expect(time).toBeGreaterThanOrEqual(now - 7200)
        expect(time).toBeLessThanOrEqual(now)
        expect(min).toBeLessThanOrEqual(mean)
        expect(mean).toBeLessThanOrEqual(max)
      }
      expect([...rows].sort((a, b) => a[0] - b[0])).toEqual(rows)
    }
  })

  test('without a sample in that time gives no points', async () => {
    expect((await get(`${path}?from=5&to=6`)).body.points).toEqual([])
    expect((await get(`${path}?from=5&to=6&points=3`)).body.points).toEqual([])
  })
})

describe('events', () => {
  test('are listed by status, host and severity', async () => {
    const report = { host: 'web01', facts: null, seen: now, clockSkew: 0, frames: [] }
    const event = {
      metric: MEMORY,
      status: 'open' as const,
      message: 'Memory percent used > 95',
      change: 1,
      uid: null,
    }
    await site.store.ingest.write([
      { ...report, events: [{ ...event, time: now - 30, severity: 2 }] },
      { ...report, host: 'old01', events: [{ ...event, time: now - 20, severity: 1 }] },
    ])
    const { body } = await get('/events')
    expect(body.total).toBe(2)
    expect((body.events as unknown[])[1]).toEqual({
      id: expect.any(Number),
      host: 'web01',
      metric: MEMORY,
      severity: 2,
      severity_name: 'major',
      status: 'open',
      sentence: 'Memory 0.5 % (above 95 %)',
      message: 'Memory percent used > 95',
      value: null,
      current: 0.5,
      opened: now - 30,
      closed: null,
      acknowledged_by: null,
    })
    expect((await get('/events?status=open&host=old01&severity=1')).body.total).toBe(1)
    expect((await get('/events?status=closed')).body).toEqual({ total: 0, next: null, events: [] })
    expect((await get('/events?severity=3')).body.total).toBe(0)
    expect((await get('/events?limit=1')).body.events).toHaveLength(1)
    const first = (await get('/events?limit=1')).body
    const second = (await get(`/events?limit=1&cursor=${first.next}`)).body
    expect([first.events, second.events].map((list) => (list as { host: string }[])[0]?.host)).toEqual([
      'old01',
      'web01',
    ])
    expect((await get(`/events?limit=1&cursor=${second.next}`)).body).toMatchObject({
      next: null,
      events: [],
    })
    expect((await get('/events?cursor=nonsense')).status).toBe(400)
  })
})

describe('what is wrong is said', () => {
  const series = `/hosts/web01/metrics/${MEMORY}`
  test.each([
    ['/hosts?limit=0', 'limit: expected a whole number from 1 to 1000, got "0"'],
    ['/hosts?limit=1001', 'limit: expected a whole number from 1 to 1000, got "1001"'],
    ['/hosts?limit=', 'limit: expected a whole number from 1 to 1000, got ""'],
    ['/hosts?limit=1e2', 'limit: expected a whole number'],
    ['/hosts?limit=0x10', 'limit: expected a whole number'],
    ['/hosts?limit=%201', 'limit: expected a whole number'],
    ['/hosts?offset=-1', 'offset: expected a whole number from 0'],
    ['/hosts?offset=1.5', 'offset: expected a whole number'],
    ['/hosts?offset=99999999999999999999', 'offset: expected a whole number'],
    ['/events?offset=10001', 'offset: expected at most 10000, and beyond it "cursor"'],
    ['/hosts?status=UP', 'status: expected one of up, down, all, got "UP"'],
    [
      '/hosts?sort=password',
      'sort: expected one of status, name, events, ip, domain, platform, last_seen, processor, memory, disk, network, got "password"',
    ],
    ['/hosts?order=up', 'order: expected one of asc, desc'],
    [`/hosts?search=${'x'.repeat(201)}`, 'search: expected at most 200 characters'],
    ['/hosts?limit=%3Cscript%3Ealert(1)%3C%2Fscript%3E', 'limit: expected'],
    [`/hosts?limit=${'9'.repeat(500)}`, 'limit: expected'],
    ['/events?status=up', 'status: expected one of open, closed, all, got "up"'],
    ['/events?severity=0', 'severity: expected a whole number from 1 to 4, got "0"'],
    ['/events?severity=critical', 'severity: expected a whole number from 1 to 4, got "critical"'],
    [`/events?host=${'x'.repeat(254)}`, 'host: expected at most 253 characters'],
    ['/events?limit=all', 'limit: expected'],
    [`${series}?from=yesterday`, 'from: expected a whole number'],
    [`${series}?to=-5`, 'to: expected a whole number'],
    [`${series}?to=253402300800`, 'to: expected a whole number'],
    [`${series}?from=10&to=9`, 'from: expected a time not after to (9), got 10'],
    [`${series}?points=0`, 'points: expected a whole number from 1 to 100000, got "0"'],
    [`${series}?points=100001`, 'points: expected a whole number'],
    [`${series}?points=NaN`, 'points: expected a whole number'],
  ])('400 for case %#', async (path, message) => {
    const { status, body } = await get(path)
    expect(status).toBe(400)
    expect(Object.keys(body)).toEqual(['error'])
    expect(body.error).toStartWith(message)
    expect(String(body.error).length).toBeLessThan(200)
  })

  test.each([
    ['/hosts/nobody', 'There is no such host.'],
    ['/hosts/%zz', 'There is no such host.'],
    ['/hosts/a%2Fb', 'There is no such host.'],
    ['/hosts/nobody/metrics', 'There is no such host.'],
    [`/hosts/nobody/metrics/${MEMORY}`, 'There is no such host.'],
    ['/hosts/web01/metrics/perf.nothing', 'There is no such metric of this host.'],
    ['/hosts/', 'There is no such page.'],
    ['/', 'There is no such page.'],
    ['/nothing', 'There is no such page.'],
  ])('404 for %s', async (path, error) => {
    expect(await get(path)).toEqual({ status: 404, body: { error } })
  })

  test('401 with a token that ended', async () => {
    const ended = await site.bearer('admin', now - 1)
    const response = await site.send('/api/v1/hosts', { headers: ended })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: 'A session or a bearer token is needed.' })
  })

  test('405 for a change of what can only be read', async () => {
    const response = await site.send('/api/v1/hosts', { method: 'POST', headers })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('HEAD, GET')
    expect(Object.keys((await response.json()) as object)).toEqual(['error'])
  })
})

test('a session opens the API as a token does, and the use of a token is noted', async () => {
  const cookie = await site.as('viewer')
  expect((await site.send('/api/v1/hosts/web01', { headers: cookie })).status).toBe(200)
  const used = (await site.store.tokens.list()).find((token) => token.user === 'vera')
  expect(used?.lastUsed).toBeGreaterThanOrEqual(now)
})

test('a bad token is not helped by a good cookie', async () => {
  const both = { ...(await site.as('admin')), authorization: 'Bearer nonsense' }
  expect((await site.send('/api/v1/hosts', { headers: both })).status).toBe(401)
})

test.each(
  API.filter(({ method }) => method === 'GET').map(({ path }) => [
    path.replace(':name', 'web01').replace(':metric', 'perf.memory.percent.used').replace(/:\w+/g, '1'),
  ]),
)('%s refuses a parameter that it does not know, by its name', async (path) => {
  const response = await site.send(`${path}?limt=5`, { headers: await site.bearer('admin') })
  expect(response.status).toBe(400)
  expect(((await response.json()) as { error: string }).error).toStartWith('limt: unknown parameter')
})
