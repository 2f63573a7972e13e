import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { MAX_VIEWS } from '../../../../src/domain/users/saved-view.ts'
import { describeFilters } from '../../../../src/web/pages/settings/views/saved-views.tsx'
import { startTestSite, type TestSite, USERS } from '../../site.ts'

type Access = keyof typeof USERS

let site: TestSite
const cookies: Partial<Record<Access, { cookie: string; csrf: string }>> = {}

beforeAll(async () => {
  site = await startTestSite()
  for (const access of ['viewer', 'operator', 'admin'] as const) {
    const { cookie } = await site.as(access)
    cookies[access] = { cookie: cookie ?? '', csrf: await site.csrf(cookie ?? '') }
  }
})
afterAll(() => site.stop())

const as = (access: Access) => cookies[access] ?? { cookie: '', csrf: '' }
const get = async (access: Access, path: string) => {
  const response = await site.send(path, { headers: { cookie: as(access).cookie } })
  return { status: response.status, text: await response.text() }
}
const post = (access: Access, path: string, fields: Record<string, string> = {}) =>
  site.post(path, { csrf: as(access).csrf, ...fields }, { cookie: as(access).cookie })
const ask = async (access: Access, method: string, path: string, body?: object) => {
  const { cookie, csrf } = as(access)
  const response = await site.send(`/api/v1/views${path}`, {
    method,
    headers: { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: response.status === 204 ? null : await response.json() }
}
const idOf = async (name: string) => (await site.store.views.list(null)).find((one) => one.name === name)?.id

describe('a saved view', () => {
  test('is added from a list, stands in the navigation of its owner alone, and is marked where it leads', async () => {
    const list = await get('viewer', '/hosts?q=db&offset=100')
    expect(list.text).toContain('/settings/views/new?path=%2Fhosts%3Fq%3Ddb')
    const form = await get('viewer', '/settings/views/new?path=%2Fhosts%3Fq%3Ddb%26offset%3D100')
    expect(form.text).toContain('value="/hosts?q=db"')
    const added = await post('viewer', '/settings/views', {
      name: 'Databases',
      path: '/hosts?q=db&offset=100',
    })
    expect([added.status, added.headers.get('location')]).toEqual([303, '/settings/views?done=added'])
    expect((await get('viewer', '/hosts?q=db')).text).toMatch(
      /href="\/hosts\?q=db" title="Databases" aria-current="true"/,
    )
    expect((await get('viewer', '/')).text).toMatch(/href="\/hosts\?q=db" title="Databases">/)
    expect((await get('admin', '/')).text).not.toContain('Databases')
  })

  test('of somebody else is not there, unless it is shared', async () => {
    const own = await idOf('Databases')
    for (const path of [`/settings/views/${own}`, `/settings/views/${own}/delete`])
      expect((await get('admin', path)).status).toBe(404)
    expect((await post('admin', `/settings/views/${own}/delete`)).status).toBe(404)
    expect(
      (await post('operator', '/settings/views', { name: 'Wall', path: '/?kiosk', shared: '1' })).status,
    ).toBe(303)
    const shared = await idOf('Wall')
    expect((await get('viewer', '/')).text).toContain('title="Wall"')
    const refused = await get('viewer', `/settings/views/${shared}`)
    expect(refused.status).toBe(403)
    expect(refused.text).toContain(`This view belongs to ${USERS.operator}`)
    expect((await get('admin', `/settings/views/${shared}`)).status).toBe(200)
    expect(await idOf('Databases')).toBe(own)
  })

  test('is shared by operators and administrators', async () => {
    const refused = await post('viewer', '/settings/views', { name: 'Mine', path: '/', shared: '1' })
    expect(refused.status).toBe(403)
    expect(await idOf('Mine')).toBeUndefined()
  })

  test.each([
    [{ name: '', path: '/hosts' }, 'Expected a name of 1 to 60 characters'],
    [{ name: 'x', path: 'https://elsewhere.example/' }, 'The address of home, hosts'],
    [{ name: 'x', path: '//elsewhere.example/hosts' }, 'The address of home, hosts'],
    [{ name: 'x', path: '/settings/users/ada/delete' }, 'The address of home, hosts'],
    [{ name: 'x', path: `/hosts?q=${'a'.repeat(1000)}` }, 'The address of home, hosts'],
  ])('that is wrong is refused with what was expected: %p', async (fields, words) => {
    const before = (await site.store.views.list(null)).length
    const refused = await post('viewer', '/settings/views', fields)
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain(words)
    expect(await site.store.views.list(null)).toHaveLength(before)
  })

  test('needs a name of its own among those of its owner', async () => {
    const refused = await post('viewer', '/settings/views', { name: 'Databases', path: '/events' })
    expect(refused.status).toBe(409)
    expect(await refused.text()).toContain('Another view of yours has this name.')
  })

  test('is deleted with a question', async () => {
    const id = await idOf('Databases')
    expect((await get('viewer', `/settings/views/${id}/delete`)).text).toContain('Delete Databases?')
    expect((await post('viewer', `/settings/views/${id}/delete`)).headers.get('location')).toBe(
      '/settings/views?done=deleted',
    )
    expect(await idOf('Databases')).toBeUndefined()
  })
})

describe('the API of saved views', () => {
  test('adds, changes, lists and deletes the own ones', async () => {
    const added = await ask('viewer', 'POST', '', { name: 'Critical', path: '/events?severity=1' })
    expect(added).toMatchObject({
      status: 201,
      body: { name: 'Critical', path: '/events?severity=1', owner: USERS.viewer, shared: false },
    })
    const { id } = added.body
    expect(await ask('viewer', 'PUT', `/${id}`, { name: 'Worst', path: '/events' })).toMatchObject({
      status: 200,
      body: { id, name: 'Worst', path: '/events' },
    })
    expect((await ask('viewer', 'GET', '')).body.views.map((view: { name: string }) => view.name)).toContain(
      'Worst',
    )
    expect((await ask('admin', 'GET', `/${id}`)).status).toBe(404)
    expect((await ask('admin', 'DELETE', `/${id}`)).status).toBe(404)
    expect((await ask('viewer', 'DELETE', `/${id}`)).status).toBe(204)
    expect((await ask('viewer', 'GET', `/${id}`)).status).toBe(404)
  })

  test('refuses what is wrong and changes nothing', async () => {
    expect(await ask('viewer', 'POST', '', { name: 'x', path: '/settings' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('path: expected the address of home') },
    })
    expect((await ask('viewer', 'POST', '', { name: 'x', path: '/', shared: true })).status).toBe(403)
    const shared = await idOf('Wall')
    expect((await ask('viewer', 'PUT', `/${shared}`, { name: 'y', path: '/' })).status).toBe(403)
    expect(await idOf('Wall')).toBe(shared)
  })

  test('says when a user has the most that one may have', async () => {
    for (let i = 0; i < MAX_VIEWS; i++)
      await site.store.views.add({ owner: USERS.admin, name: `view ${i}`, path: '/', isShared: false })
    expect(await ask('admin', 'POST', '', { name: 'one more', path: '/' })).toMatchObject({
      status: 409,
      body: { error: `A user has at most ${MAX_VIEWS} views: delete one first.` },
    })
    const refused = await post('admin', '/settings/views', { name: 'one more', path: '/' })
    expect(refused.status).toBe(409)
    expect(await refused.text()).toContain(`You have ${MAX_VIEWS} views`)
  })
})

test('the jump box finds views by their names', async () => {
  const { cookie } = as('viewer')
  const { rows } = await (await site.send('/jump?q=wal', { headers: { cookie } })).json()
  expect(rows).toContainEqual({ kind: 'view', title: 'Wall', detail: '/?kiosk=', path: '/?kiosk=' })
})

test.each([
  ['/events?severity=1&acknowledged=no', 'critical, not acknowledged'],
  ['/events?severity=9&acknowledged=yes&status=all', 'severity 9, acknowledged, open and closed'],
  ['/hosts?q=db&group=shop&status=maintenance', '“db”, group shop, in maintenance'],
  ['/hosts?sort=cpu&order=desc&range=24h', 'sorted by cpu, descending, last 24h'],
  ['/hosts/web%2001', 'web 01'],
  ['/', '–'],
])('the filters of %s in words', (path, words) => expect(describeFilters(path)).toBe(words))
