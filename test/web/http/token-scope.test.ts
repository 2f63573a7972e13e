import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { API } from '../../../src/web/api/index.ts'
import type { Route } from '../../../src/web/http/route.ts'
import { FACTS, startTestSite, type TestSite } from '../site.ts'

/** A token for hosts of the group web alone: `web01` is one, `db01` is none, nor is what is of both. */
let site: TestSite
let bearer: Record<string, string> = {}
const eventOf: Record<'web01' | 'db01' | 'both', number> = { web01: 0, db01: 0, both: 0 }
const windowOf: Record<'web01' | 'db01' | 'all', number> = { web01: 0, db01: 0, all: 0 }

const METRIC = 'perf.memory.percent.used'
const WHEN = { kind: 'once', from: 1, to: 2 } as const

beforeAll(async () => {
  site = await startTestSite()
  bearer = await site.bearer('admin', null, ['web', 'berlin'])
  const now = site.clock.now()
  for (const host of ['web01', 'db01'] as const) {
    await site.report(host, now - 60, { [METRIC]: 41.5, 'perf.filesystem.dev.sda1.percent.used': 50 })
    await site.store.hosts.giveGroups(host, [host === 'web01' ? 'web' : 'db'])
    const event = {
      change: 1,
      time: now,
      metric: METRIC,
      severity: 2,
      status: 'open',
      message: host,
    } as const
    await site.store.ingest.write([
      { host, facts: FACTS, seen: now, clockSkew: 0, frames: [], events: [{ ...event, uid: host }] },
    ])
    windowOf[host] = (await site.store.maintenanceWindows.add({ name: host, host, when: WHEN })) ?? 0
  }
  windowOf.all =
    (await site.store.maintenanceWindows.add({ name: 'db01 and all', host: '%', when: WHEN })) ?? 0
  await site.store.watch.report(
    [
      {
        host: null,
        members: ['web01', 'db01'],
        report: {
          ...{ uid: 'both', change: 1, time: now, metric: 'perf.availability', severity: 1, status: 'open' },
          message: 'web01, db01',
        },
      },
    ],
    now,
  )
  for (const { id, host, members } of (await site.store.events.list({})).events)
    eventOf[members.length > 0 ? 'both' : host === 'web01' ? 'web01' : 'db01'] = id
  expect(Object.values(eventOf)).not.toContain(0)
})
afterAll(() => site.stop())

const ask = (path: string, method = 'GET', body?: object) =>
  site.send(path, {
    method,
    headers: { ...bearer, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })

/** An address of the route that names what is not the token's. */
function addressOf({ path }: Route): string {
  if (path === '/api/v1/series') return `${path}?series=db01:${METRIC}`
  return path
    .replace(':name', 'db01')
    .replace(':metric', METRIC)
    .replace(/^(.*events\/):id/, `$1${eventOf.db01}`)
    .replace(/^(.*maintenance-windows\/):id/, `$1${windowOf.db01}`)
    .replace(/:\w+/g, '1')
}

describe.each(API.map((page) => [`${page.method} ${page.path}`, page] as const))('%s', (_, page) => {
  test('shows and changes nothing of hosts of other groups', async () => {
    const response = await ask(addressOf(page), page.method)
    if (page.scope === undefined) expect(response.status).toBe(403)
    else if (page.path.includes(':') || page.path.endsWith('/series')) expect(response.status).toBe(404)
    if (response.ok) expect(await response.text()).not.toMatch(/db01(?!")|"db01"/)
    expect(await site.store.hosts.find('db01')).not.toBeNull()
    expect((await site.store.events.find(eventOf.db01))?.acknowledgedBy).toBeNull()
  })
})

test('reads its own hosts, their events, samples and reports', async () => {
  const names = async (path: string, list: string) => {
    const answer = (await (await ask(path)).json()) as Record<string, readonly Record<string, unknown>[]>
    return { total: answer.total, names: answer[list]?.map(({ name, host }) => host ?? name) }
  }
  const own = { total: 1, names: ['web01'] }
  expect(await names('/api/v1/hosts', 'hosts')).toEqual(own as never)
  expect(await names('/api/v1/hosts?group=db', 'hosts')).toEqual({ total: 0, names: [] } as never)
  expect(await names('/api/v1/events', 'events')).toEqual(own as never)
  expect(await names('/api/v1/events?host=web01&group=web', 'events')).toEqual(own as never)
  expect(await names('/api/v1/events?host=web01&group=db', 'events')).toEqual({
    total: 0,
    names: [],
  } as never)
  expect(await names('/api/v1/events?host=db01', 'events')).toEqual({ total: 0, names: [] } as never)
  for (const report of ['availability', 'hosts', 'events', 'capacity', 'agents'])
    expect((await names(`/api/v1/reports/${report}`, 'rows')).names).toEqual(['web01'])
  expect((await ask(`/api/v1/hosts/web01/metrics/${METRIC}`)).status).toBe(200)
  expect((await ask(`/api/v1/series?series=web01:${METRIC}`)).status).toBe(200)
  expect((await ask(`/api/v1/series?series=web01:${METRIC}&series=db01:${METRIC}`)).status).toBe(404)
  expect((await ask(`/api/v1/events/${eventOf.web01}`)).status).toBe(200)
  expect((await ask(`/api/v1/events/${eventOf.both}`)).status).toBe(404)
})

test('changes its own, and only with the role that it takes', async () => {
  expect((await ask(`/api/v1/events/${eventOf.web01}/acknowledge`, 'POST', {})).status).toBe(200)
  const viewer = await site.bearer('viewer', null, ['web'])
  const asViewer = await site.send(`/api/v1/events/${eventOf.web01}/close`, {
    method: 'POST',
    headers: viewer,
  })
  expect(asViewer.status).toBe(403)
})

test('maintenance windows: those that name one of its hosts, and no pattern', async () => {
  const list = async () => {
    const { maintenance_windows: windows } = (await (await ask('/api/v1/maintenance-windows')).json()) as {
      maintenance_windows: { name: string }[]
    }
    return windows.map(({ name }) => name)
  }
  const add = async (name: string, host: string) =>
    (await ask('/api/v1/maintenance-windows', 'POST', { name, host, when: WHEN })).status
  expect(await list()).toEqual(['web01'])
  expect(await add('deploy', 'web01')).toBe(201)
  for (const host of ['db01', '%', 'web0?', '*', 'web01*', 'nosuch']) expect(await add('x', host)).toBe(403)
  expect((await ask(`/api/v1/maintenance-windows/${windowOf.all}`, 'DELETE')).status).toBe(404)
  const moved = { name: 'web01', host: 'db01', when: WHEN }
  expect((await ask(`/api/v1/maintenance-windows/${windowOf.web01}`, 'PUT', moved)).status).toBe(403)
  expect(await site.store.maintenanceWindows.find(windowOf.web01)).toMatchObject({ host: 'web01' })
  expect((await list()).sort()).toEqual(['deploy', 'web01'])
})

test('a host that leaves the groups is gone for the token at once', async () => {
  await site.store.hosts.giveGroups('web01', ['other'])
  expect((await ask('/api/v1/hosts/web01')).status).toBe(404)
  await site.store.hosts.giveGroups('web01', ['berlin'])
  expect((await ask('/api/v1/hosts/web01')).status).toBe(200)
})
