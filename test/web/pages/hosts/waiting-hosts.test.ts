import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createLog } from '../../../../src/lib/log.ts'
import { openStore } from '../../../../src/storage/open.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
let strict: Store
beforeEach(async () => {
  site = await startTestSite()
  const { dataDir, clock } = site
  const log = createLog({ level: 'error', format: 'text' })
  strict = await openStore('sqlite:monitor.db', { dataDir, clock, log, policy: { newHosts: 'approve' } })
})
afterEach(async () => {
  await strict.close()
  await site.stop()
})

/** An agent of this name connects; true when it was let in. */
async function arrive(host: string, keyHash: string | null = 'a'.repeat(64)): Promise<boolean> {
  const report = { host, keyHash, facts: FACTS, seen: site.clock.now(), clockSkew: 0, frames: [], events: [] }
  return !(await strict.ingest.write([report])).has(report)
}

const home = async (access: 'viewer' | 'operator' | 'admin') =>
  (await site.send('/', { headers: await site.as(access) })).text()

test('home lists who waits, of everybody, and only administrators decide', async () => {
  expect(await home('admin')).not.toContain('Waiting for approval')
  expect(await arrive('web09')).toBe(false)
  expect(await arrive('old09', null)).toBe(false)
  for (const access of ['viewer', 'operator'] as const) {
    const markup = await home(access)
    expect(markup).toContain('2 new machines')
    expect(markup).not.toContain('/waiting-hosts/')
  }
  const markup = await home('admin')
  expect(markup).toContain('action="/waiting-hosts/web09/approve"')
  expect(markup).toContain('(no key)')

  const headers = await site.as('admin')
  const csrf = await site.csrf(headers.cookie)
  const decide = (path: string) => site.post(path, { csrf }, headers)
  expect((await decide('/waiting-hosts/web09/approve')).headers.get('location')).toBe('/')
  expect((await decide('/waiting-hosts/web09/approve')).status).toBe(404)
  expect((await decide('/waiting-hosts/old09/refuse')).status).toBe(303)
  expect(await home('admin')).not.toContain('Waiting for approval')
  expect([await arrive('web09'), await arrive('old09', null)]).toEqual([true, false])
  const { entries } = await site.store.audit.list({})
  const decided = entries.filter(({ action }) => action.endsWith(' host'))
  expect(decided.map(({ actor, action, detail }) => [actor, action, detail])).toEqual([
    ['ada', 'refuse host', 'old09'],
    ['ada', 'approve host', 'web09'],
  ])
})

test('the API lists and decides as the website does', async () => {
  await arrive('web09')
  await arrive('web10')
  const headers = await site.bearer('admin')
  const list = async () => (await site.send('/api/v1/waiting-hosts', { headers })).json()
  expect(await list()).toMatchObject({
    total: 2,
    hosts: [{ name: 'web09', ip: '10.0.0.5', has_key: true }, {}],
  })
  const decide = async (path: string) =>
    (await site.send(`/api/v1/waiting-hosts/${path}`, { method: 'POST', headers })).status
  expect(await decide('web09/approve')).toBe(204)
  expect(await decide('web10/refuse')).toBe(204)
  expect(await decide('web10/refuse')).toBe(404)
  // A host that was refused may still be approved.
  expect(await decide('web10/approve')).toBe(204)
  expect(await list()).toEqual({ total: 0, hosts: [] })
  expect([await arrive('web09'), await arrive('web10')]).toEqual([true, true])
})
