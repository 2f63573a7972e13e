import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
let operator: { cookie: string }
let viewer: { cookie: string }

beforeAll(async () => {
  site = await startTestSite()
  for (const [host, traffic] of [
    ['web1', 300],
    ['web2', 900],
    ['web10', 100],
  ] as const)
    await site.report(host, site.clock.now() - 60, {
      'perf.processor.percent.used': 12,
      'perf.network.bytes.received': traffic * 1024,
      'perf.network.bytes.sent': 1024,
    })
  operator = await site.as('operator')
  viewer = await site.as('viewer')
})
afterAll(() => site.stop())

const get = async (path: string) => (await site.send(path, { headers: operator })).text()

async function post(who: { cookie: string }, fields: Record<string, string>, hosts: readonly string[] = []) {
  const body = new URLSearchParams({ csrf: await site.csrf(who.cookie), back: '/hosts?status=up', ...fields })
  for (const host of hosts) body.append('host', host)
  return site.send('/change-hosts', { method: 'POST', body, headers: who })
}

const rowsOf = (markup: string) => [...markup.matchAll(/data-key="host-([^"]+)"/g)].map((found) => found[1])

test('hosts are sorted by what goes over the network, in and out together', async () => {
  expect(rowsOf(await get('/hosts?sort=network&order=desc'))).toEqual(['web2', 'web1', 'web10'])
  expect(await get('/hosts')).toMatch(/301.KiB\/s/)
})

test('each host has its states of the last day', async () => {
  const now = site.clock.now()
  const event = { uid: 'a', change: 1, metric: 'perf.x', severity: 2, status: 'open', message: 'x' } as const
  await site.store.events.report('web2', [{ ...event, time: now - 7200 }])
  await site.store.events.report('web2', [{ ...event, change: 2, status: 'closed', time: now - 3600 }])
  const row = (await get('/hosts')).split('data-key="host-web2"')[1]?.split('</tr>')[0] ?? ''
  expect(row).toContain('aria-label="Last 24 hours of web2: major for 1')
  expect(row).toContain('class="strip-event severity-2"')
})

describe('selected hosts', () => {
  test('are compared in one graph, by viewers too', async () => {
    const answer = await post(viewer, { action: 'compare' }, ['web1', 'web10', 'nobody'])
    expect(answer.status).toBe(303)
    const { pathname, searchParams } = new URL(answer.headers.get('location') ?? '', 'http://x')
    expect(pathname).toBe('/compare')
    expect(searchParams.getAll('series')).toEqual([
      'web1:perf.processor.percent.used',
      'web10:perf.processor.percent.used',
    ])
  })

  test('are muted, each by a window of its own', async () => {
    const answer = await post(operator, { action: 'mute', seconds: '3600' }, ['web1', 'web2'])
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/hosts?status=up'])
    const windows = await site.store.maintenanceWindows.list()
    expect(windows.map(({ host }) => host).sort()).toEqual(['web1', 'web2'])
    expect((await post(viewer, { action: 'mute', seconds: '3600' }, ['web1'])).status).toBe(403)
    expect((await post(operator, { action: 'mute', seconds: '7' }, ['web1'])).status).toBe(400)
    expect(await site.store.maintenanceWindows.list()).toHaveLength(2)
  })

  test('are put into a group, and keep those they have', async () => {
    await site.store.hosts.giveGroups('web1', ['role:web'])
    expect((await post(operator, { action: 'group', group: 'site:ams1' }, ['web1', 'web2'])).status).toBe(303)
    expect((await site.store.hosts.find('web1'))?.givenGroups).toEqual(['role:web', 'site:ams1'])
    expect((await site.store.hosts.find('web2'))?.givenGroups).toEqual(['site:ams1'])
    for (const group of ['', 'a b', 'one,two', '<b>'])
      expect({ group, status: (await post(operator, { action: 'group', group }, ['web1'])).status }).toEqual({
        group,
        status: 400,
      })
    expect((await post(viewer, { action: 'group', group: 'x' }, ['web1'])).status).toBe(403)
    expect((await site.store.hosts.find('web1'))?.givenGroups).toEqual(['role:web', 'site:ams1'])
  })

  test('are needed', async () => {
    for (const action of ['compare', 'mute', 'group', 'delete', ''])
      expect((await post(operator, { action, group: 'x', seconds: '3600' })).status).toBe(400)
  })
})

test('everybody chooses columns, which stay theirs and keep their other preferences', async () => {
  await site.store.users.setPreferences('vera', { theme: 'dark', zone: null, dates: null })
  const who = await site.as('viewer')
  const body = new URLSearchParams({ csrf: await site.csrf(who.cookie), back: '/hosts', action: 'columns' })
  for (const column of ['network', 'load', 'nonsense']) body.append('column', column)
  const answer = await site.send('/change-hosts', { method: 'POST', body, headers: who })
  expect(answer.status).toBe(303)
  const heads = async () =>
    [
      ...(await (await site.send('/hosts', { headers: who })).text()).matchAll(
        /<th [^>]*scope="col"[^>]*>.*?<\/th>/g,
      ),
    ].map(([head]) => head.replace(/<[^>]+>/g, ''))
  expect(await heads()).toEqual(['', 'Status', 'Name', 'Load', 'Network'])
  expect(await (await site.send('/hosts', { headers: who })).text()).toContain('data-theme="dark"')
  expect((await post(who, { action: 'usual-columns' })).status).toBe(303)
  expect(await heads()).toContain('Fullest disk')
})
