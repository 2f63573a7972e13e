import { afterAll, beforeAll, expect, test } from 'bun:test'
import { FACTS, startTestSite, type TestSite } from '../site.ts'

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
})
afterAll(() => site.stop())

const add = (host: string, key?: string) =>
  site.store.ingest.write([
    {
      host,
      facts: FACTS,
      seen: site.clock.now(),
      clockSkew: 0,
      frames: [],
      events: [],
      ...(key !== undefined && { keyHash: key }),
    },
  ])

async function ask(access: 'operator' | 'admin', method: string, path: string, body?: unknown) {
  const response = await site.send(`/api/v1${path}`, {
    method,
    headers: { ...(await site.bearer(access)), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

test('a host is renamed, released and deleted through the API, by an administrator alone', async () => {
  await add('old01', 'ab'.repeat(32))
  await add('other')
  expect((await ask('operator', 'POST', '/hosts/old01/rename', { name: 'new01' })).status).toBe(403)
  expect(await ask('admin', 'POST', '/hosts/old01/rename', { name: 'other' })).toEqual({
    status: 409,
    body: { error: 'There is a host other already.' },
  })
  expect((await ask('admin', 'POST', '/hosts/old01/rename', { name: 'a b' })).status).toBe(400)
  expect((await ask('admin', 'POST', '/hosts/old01/rename', { name: 'new01', more: 1 })).status).toBe(400)
  expect(await ask('admin', 'POST', '/hosts/old01/rename', { name: 'New01' })).toEqual({
    status: 200,
    body: { host: 'new01' },
  })
  expect((await ask('admin', 'POST', '/hosts/new01/release')).status).toBe(204)
  expect((await ask('admin', 'POST', '/hosts/new01/release')).status).toBe(409)
  expect((await ask('operator', 'DELETE', '/hosts/new01')).status).toBe(403)
  expect((await ask('admin', 'DELETE', '/hosts/new01')).status).toBe(204)
  expect((await ask('admin', 'DELETE', '/hosts/new01')).status).toBe(404)
  const { entries } = await site.store.audit.list({ limit: 10 })
  expect(entries.map(({ action, detail }) => `${action}: ${detail}`)).toEqual(
    expect.arrayContaining(['rename host: old01 to new01', 'release host: new01', 'delete host: new01']),
  )
})

test('so it is on the page of the host, which an operator does not see', async () => {
  await add('page01', 'cd'.repeat(32))
  const admin = await site.as('admin')
  const csrf = await site.csrf(admin.cookie)
  const post = (path: string, fields: Record<string, string>) => site.post(path, { csrf, ...fields }, admin)
  const read = async (path: string, headers: { cookie: string }) => {
    const response = await site.send(path, { headers })
    return { status: response.status, text: await response.text() }
  }
  const operator = await site.as('operator')
  expect((await read('/hosts/page01', admin)).text).toContain('/hosts/page01/manage')
  expect((await read('/hosts/page01', operator)).text).not.toContain('/hosts/page01/manage')
  expect((await read('/hosts/page01/manage', operator)).status).toBe(403)
  expect((await read('/hosts/page01/manage', admin)).text).toContain('bound to the key of one agent')
  const wrong = await post('/hosts/page01/manage/rename', { name: 'a b' })
  expect(wrong.status).toBe(400)
  expect(await wrong.text()).toContain('A name is made of letters')
  expect((await post('/hosts/page01/manage/release', {})).status).toBe(303)
  expect((await post('/hosts/page01/manage/rename', { name: 'page02' })).headers.get('location')).toBe(
    '/hosts/page02',
  )
  expect((await post('/hosts/page02/manage/delete', { confirm: 'page01' })).status).toBe(400)
  expect(await site.store.hosts.find('page02')).not.toBeNull()
  expect((await post('/hosts/page02/manage/delete', { confirm: 'page02' })).status).toBe(303)
  expect(await site.store.hosts.find('page02')).toBeNull()
})
