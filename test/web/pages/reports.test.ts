import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { AVAILABILITY } from '../../../src/domain/metrics/declared/server-events.ts'
import { writePercent } from '../../../src/web/reports/availability-report.tsx'
import { startTestSite, type TestSite } from '../site.ts'

const DAY = 86_400
const USED = 'perf.filesystem.dev.sda1.percent.used'

let site: TestSite
let viewer: { cookie: string }
let now = 0

const text = async (path: string) => (await site.send(path, { headers: viewer })).text()
const json = async (path: string) =>
  (await (await site.send(`/api/v1/reports/${path}`, { headers: viewer })).json()) as {
    rows: Record<string, unknown>[]
  }

beforeAll(async () => {
  site = await startTestSite()
  now = site.clock.now()
  viewer = await site.as('viewer')
  const facts = { domain: '=cmd|calc', build: 'Debian, "12"' }
  // Half a percent a day over 20 days, and a filesystem that never changes.
  for (let hours = 20 * 24; hours >= 0; hours -= 6)
    await site.report(
      'db01',
      now - hours * 3600,
      { [USED]: 80 - hours / 48, 'perf.filesystem.dev.sdb1.percent.used': 60 },
      facts,
    )
  await site.report('web01', now - 60, { 'perf.memory.percent.used': 10 })
})
afterAll(() => site.stop())

test('the overview leads to each of them', async () => {
  const markup = await text('/reports')
  for (const key of ['hosts', 'events', 'availability', 'capacity'])
    expect(markup).toContain(`/reports/${key}`)
})

test('hosts are on the page, in a file that no spreadsheet runs, and in JSON', async () => {
  expect(await text('/reports/hosts')).toContain('2 hosts, 2 up, 0 down')
  const response = await site.send('/reports/hosts?format=csv', { headers: viewer })
  expect(response.headers.get('content-type')).toStartWith('text/csv')
  expect(response.headers.get('content-disposition')).toMatch(
    /^attachment; filename="hosts-\d{4}-\d\d-\d\d\.csv"$/,
  )
  const csv = await response.text()
  expect(csv).toContain("'=cmd|calc")
  expect(csv).toContain('"Debian, ""12"""')
  expect(csv.split('\r\n')).toHaveLength(4)
  expect((await json('hosts')).rows[0]).toMatchObject({ name: 'db01', domain: '=cmd|calc' })
})

test('each is narrowed to a group of hosts', async () => {
  await site.store.hosts.giveGroups('web01', ['web'])
  expect((await json('hosts?group=web')).rows.map((row) => row.name)).toEqual(['web01'])
  expect((await json('availability?group=web')).rows.map((row) => row.host)).toEqual(['web01'])
  expect((await json('capacity?group=web')).rows).toEqual([])
  expect((await json('events?group=web')).rows).toEqual([])
  expect(await text('/reports/hosts?group=web')).toContain('aria-current="true">web<')
  expect(await text('/reports/capacity?group=web')).toContain('Nothing matches <b>web</b>.')
})

test('each is narrowed by facets as the list of hosts is: one of each key, and of all keys', async () => {
  await site.store.hosts.giveGroups('web01', ['site:ams1', 'role:web'])
  await site.store.hosts.giveGroups('db01', ['site:ber1', 'role:db'])
  const find = async (query: string) => ({
    hosts: (await json(`hosts?${query}`)).rows.map((row) => row.name),
    available: (await json(`availability?${query}`)).rows.map((row) => row.host).sort(),
    agents: (await json(`agents?${query}`)).rows.length,
  })
  const both = { hosts: ['db01', 'web01'], available: ['db01', 'web01'], agents: 2 }
  expect(await find('group=site:ams1&group=site:ber1')).toEqual(both)
  const one = { hosts: ['web01'], available: ['web01'], agents: 1 }
  expect(await find('group=site:ams1&group=site:ber1&group=role:web')).toEqual(one)
  expect(await find('group=site:ams1&group=role:db')).toEqual({ hosts: [], available: [], agents: 0 })
  const page = await text('/reports/availability?group=site:ams1&group=role:web')
  expect(page).toContain('; groups <b>site:ams1, role:web</b>')
  // A new period and the file keep them.
  expect(page.match(/<input type="hidden" name="group" value="(site:ams1|role:web)">/g)).toHaveLength(2)
  expect(page).toMatch(/group=site(%3A|:)ams1&amp;group=role(%3A|:)web&amp;format=csv/)
  const wrong = await site.send('/api/v1/reports/hosts?group=a%20b', { headers: viewer })
  expect([wrong.status, await wrong.text()]).toEqual([
    400,
    expect.stringContaining('group: expected names of groups'),
  ])
})

describe('with more rows than a page has', () => {
  let large: TestSite
  beforeAll(async () => {
    large = await startTestSite()
    for (let i = 0; i < 260; i++) await large.report(`host${1000 + i}`, large.clock.now() - 60, { a: 1 })
  })
  afterAll(() => large.stop())

  test('the page is turned, and the file and the API have all of them', async () => {
    const headers = await large.as('viewer')
    const get = async (path: string) => (await large.send(path, { headers })).text()
    const first = await get('/reports/hosts')
    expect(first).toContain('1–200 of 260')
    expect(first).not.toContain('host1200')
    const second = await get('/reports/hosts?offset=200')
    expect(second.match(/>host1\d{3}</g)).toHaveLength(60)
    expect((await get('/reports/hosts?format=csv&offset=250')).split('\r\n')).toHaveLength(262)
    expect(JSON.parse(await get('/api/v1/reports/hosts')).rows).toHaveLength(260)
  })
})

describe('capacity', () => {
  test('shows how the fullest filesystems grow and between which days they will be full', async () => {
    const { rows } = await json('capacity')
    expect(rows.map((row) => [row.host, row.filesystem, row.percent_used])).toEqual([
      ['db01', 'dev.sda1', 80],
      ['db01', 'dev.sdb1', 60],
    ])
    expect(rows[0]?.growth_percent_per_day).toBe(0.5)
    const day = (time: number) => new Date(time * 1000).toISOString().slice(0, 10)
    const end = day(now + 40 * DAY)
    expect(String(rows[0]?.full_earliest) < end && end < String(rows[0]?.full_latest)).toBe(true)
    expect(rows[1]).toMatchObject({ growth_percent_per_day: null, full_earliest: null, full_latest: null })
    expect(await text('/reports/capacity')).toContain(`${String(rows[0]?.full_earliest)} to `)
    // So does its graph, and the page of its host; one that does not grow has no forecast.
    const graph = (disk: string) => text(`/hosts/db01/metrics/perf.filesystem.dev.${disk}.percent.used`)
    expect(await graph('sda1')).toMatch(/<b>Full in \d+ to \d+ days<\/b>, growing 0\.5\u202f% per day/)
    expect(await graph('sdb1')).not.toContain('per day')
    const host = await text('/hosts/db01')
    expect(/data-key="filesystem-dev.sda1".*?<\/tr>/s.exec(host)?.[0]).toMatch(
      /0\.5\u202f%.*In \d+ to \d+ days/s,
    )
    expect(/data-key="filesystem-dev.sdb1".*?<\/tr>/s.exec(host)?.[0]).toContain('no forecast')
  })
})

describe('capacity of what is new, full or gone', () => {
  test('a full filesystem is shown as full now, and one without recent samples has no forecast', async () => {
    const [full, gone] = ['perf.filesystem.full.percent.used', 'perf.filesystem.gone.percent.used']
    for (let hours = 20 * 24; hours >= 0; hours -= 6) {
      await site.report('full01', now - hours * 3600, { [full]: 100 })
      if (hours >= 48) await site.report('gone01', now - hours * 3600, { [gone]: 80 - hours / 48 })
    }
    const { rows } = await json('capacity')
    expect(rows.find(({ host }) => host === 'gone01')).toMatchObject({
      percent_used: 79,
      full_earliest: null,
    })
    const markup = await text('/reports/capacity')
    expect(/full01<\/a>.*?<\/tr>/s.exec(markup)?.[0]).toContain('>now</td>')
    await site.store.hosts.delete('full01')
    await site.store.hosts.delete('gone01')
  })
})

describe('availability', () => {
  beforeAll(async () => {
    const base = { uid: 'o1', metric: AVAILABILITY.name, severity: 1, message: 'silent' } as const
    await site.store.events.report('web01', [
      { ...base, change: 1, time: now - 3600, status: 'open' },
      { ...base, change: 2, time: now - 1800, status: 'closed' },
    ])
  })

  test('counts the outages of a period, from when a host was first seen', async () => {
    // Hosts of this site are heard for the first time now: a day later a day is known of them.
    await site.clock.advance(DAY * 1000)
    viewer = await site.as('viewer')
    const { rows } = await json(`availability?from=${now}&to=${now + DAY}`)
    expect(rows.map((row) => [row.host, row.percent_up, row.outages])).toEqual([
      ['db01', 100, 0],
      ['web01', 100, 0],
    ])
    await site.store.events.report('web01', [
      {
        uid: 'o2',
        change: 1,
        time: now + DAY / 2,
        status: 'open',
        metric: AVAILABILITY.name,
        severity: 1,
        message: 's',
      },
    ])
    const later = (await json('availability?period=7d')).rows
    expect(later[0]).toMatchObject({ host: 'web01', percent_up: 50, down_seconds: DAY / 2, outages: 1 })
    expect(await text('/reports/availability?period=7d')).toContain('50.0\u202f%')
  })

  test('shows how much of it lay in maintenance windows, and counts it all the same', async () => {
    await site.store.maintenanceWindows.add({
      name: 'Patches',
      host: 'web*',
      when: { kind: 'once', from: now + DAY / 2 - 600, to: now + DAY / 2 + 3600 },
    })
    const rows = (await json(`availability?from=${now}&to=${now + DAY}`)).rows
    expect(rows[0]).toMatchObject({ host: 'web01', down_seconds: DAY / 2, in_maintenance_seconds: 3600 })
    expect(rows[1]).toMatchObject({ host: 'db01', in_maintenance_seconds: 0 })
  })

  test('the API says which time it is of', async () => {
    const path = `/api/v1/reports/availability?from=${now}&to=${now + 3600}`
    const answer = await (await site.send(path, { headers: viewer })).json()
    expect(answer).toMatchObject({ report: 'availability', from: now, to: now + 3600 })
  })

  test('a host that was down before the period began is down from its beginning', async () => {
    const rows = (await json(`availability?from=${now + 0.75 * DAY}&to=${now + DAY}`)).rows
    expect(rows[0]).toMatchObject({ host: 'web01', percent_up: 0, longest_seconds: DAY / 4 })
  })

  test('a host that is silent is down, though somebody closed the event', async () => {
    const [event] = (await site.store.events.list({ host: 'web01', status: 'open' })).events
    await site.store.events.close(event?.id ?? -1, 'ada', site.clock.now())
    await site.clock.advance(3600 * 1000)
    viewer = await site.as('viewer')
    const end = site.clock.now()
    const rows = (await json(`availability?from=${end - 1800}&to=${end}`)).rows
    expect(rows.find(({ host }) => host === 'web01')).toMatchObject({ percent_up: 0, down_seconds: 1800 })
  })

  test.each([
    'period=2q',
    'range=nonsense',
    'from=yesterday',
    'from=9999999999',
    'from=2026-01-02&to=2026-01-01',
  ])('refuses the period %s', async (query) =>
    expect(
      (await site.send(`/reports/availability?${query}`, { headers: await site.as('viewer') })).status,
    ).toBe(400),
  )

  test('takes the time that a link of another page brings along, however it is named', async () => {
    const lead = async (query: string) =>
      /class="lead"[^>]*>(.*?)<\/p>/s.exec(await text(`/reports/availability?${query}`))?.[1]
    expect(await lead('range=7d')).toBe(await lead('period=7d'))
    expect(await lead('range=1w')).toBe(await lead('period=7d'))
    expect(await lead('range=1y')).toBe(await lead('period=365d'))
    expect(await lead('range=7d')).not.toBe(await lead('period=30d'))
  })

  test.each([
    [100, '100\u202f%'],
    [99.9999, '99.999\u202f%'],
    [99.5, '99.500\u202f%'],
    [50, '50.0\u202f%'],
  ])('%d percent is written %s', (percent, words) => expect(writePercent(percent)).toBe(words))
})
