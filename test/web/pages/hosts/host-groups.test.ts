import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { isGroupName, readGroups } from '../../../../src/domain/hosts/group.ts'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
beforeEach(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  await site.report('web01', now - 60, { 'perf.memory.percent.used': 41.5 }, { groups: ['web', 'berlin'] })
  await site.report('db01', now - 60, { 'perf.memory.percent.used': 20 })
})
afterEach(() => site.stop())

const read = async (path: string, headers: Record<string, string>) =>
  (await site.send(path, { headers })).text()

test('names of groups are read in any case, with commas, spaces or semicolons between', () => {
  expect(readGroups('Web, berlin  web;x')).toEqual({ groups: ['berlin', 'web', 'x'], wrong: [] })
  expect(readGroups('a/b, <script>, ok')).toEqual({ groups: ['ok'], wrong: ['a/b', '<script>'] })
  expect(['a', 'büro-1', 'A', '', '-a', 'a b', 'a'.repeat(65)].map(isGroupName)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

describe('a group filters', () => {
  test.each(['/', '/hosts'])('%s', async (path) => {
    const headers = await site.as('viewer')
    const all = await read(path, headers)
    expect(all).toContain('/hosts/db01"')
    expect(all).toContain('group=berlin')
    const some = await read(`${path}?group=Berlin`, headers)
    expect(some).toContain('/hosts/web01"')
    expect(some).not.toContain('data-key="host-db01"')
    const none = await read(`${path}?group=%3Cb%3E`, headers)
    expect(none).not.toContain('data-key="host-')
    expect(none).not.toContain('<b>"')
  })

  test('the events and their numbers', async () => {
    const event = {
      uid: 'a',
      change: 1,
      time: site.clock.now(),
      metric: 'perf.memory.percent.used',
      severity: 2,
      status: 'open',
    } as const
    await site.store.events.report('web01', [{ ...event, message: 'of the web' }])
    await site.store.events.report('db01', [{ ...event, message: 'of the base' }])
    const headers = await site.as('viewer')
    const page = await read('/events?group=web', headers)
    expect(page).toContain('of the web')
    expect(page).not.toContain('of the base')
    const home = await read('/?group=web', headers)
    expect(home).toMatch(
      /1 open event nobody has acknowledged.*?<p class="soft">1 (critical|major|warning|information)</s,
    )
    const found = await read('/search?q=of+the&group=web', headers)
    expect(found).toContain('of the web')
    expect(found).not.toContain('of the base')
    const api = await (await site.send('/api/v1/events?group=Web', { headers })).json()
    expect(api).toMatchObject({ total: 1, events: [{ host: 'web01' }] })
  })

  test.each(['/', '/hosts', '/events', '/reports/hosts', '/search'])('the pages next to %s', async (path) => {
    const markup = await read(`${path}?group=berlin`, await site.as('viewer'))
    for (const href of ['/?group=berlin', '/hosts?group=berlin', '/events?group=berlin', '/reports', '/'])
      expect(markup.slice(0, markup.indexOf('</nav>'))).toContain(`href="${href}"`)
  })

  test('what a search finds, and a group is found by its name', async () => {
    const headers = await site.as('viewer')
    const some = await read('/search?q=0&group=berlin', headers)
    expect(some).toContain('/hosts/web01"')
    expect(some).not.toContain('/hosts/db01"')
    expect(await read('/search?q=01+memory', headers)).toContain('/hosts/db01/metrics')
    expect(await read('/search?q=01+memory&group=berlin', headers)).not.toContain('/hosts/db01/metrics')
    expect(await read('/search?q=berl', headers)).toContain('<a href="/hosts?group=berlin">Group: berlin</a>')
  })

  test('the hosts that are offered to compare, and stays', async () => {
    const headers = await site.as('viewer')
    const line = 'series=db01:perf.memory.percent.used'
    const offer = (host: string) => `type="checkbox" name="series" value="${host}:perf.memory.percent.used"`
    const page = await read(`/compare?${line}&host=&metric=&group=Berlin`, headers)
    expect(page).toContain(offer('web01'))
    expect(page).toContain('<option selected>berlin</option>')
    expect(page).toContain('series=db01%3Aperf.memory.percent.used&amp;range=24h&amp;group=berlin')
    expect(page.match(/type="hidden" name="group" value="berlin"/g)).toHaveLength(2)
    expect(await read('/compare?metric=memory&host=&group=', headers)).toContain(offer('db01'))
    expect(await read('/compare?metric=memory&group=berlin', headers)).not.toContain(offer('db01'))
    expect(await read(`/compare?${line}&group=berlin`, headers)).not.toContain(
      'type="checkbox" name="series"',
    )
    expect(await read('/hosts?group=berlin', headers)).toContain('/compare?group=berlin')
  })

  test('the API', async () => {
    const headers = await site.bearer('viewer')
    const list = await (await site.send('/api/v1/hosts?group=Web', { headers })).json()
    expect(list).toMatchObject({ total: 1, hosts: [{ name: 'web01', groups: ['berlin', 'web'] }] })
  })
})

describe('an operator gives groups by hand', () => {
  async function give(groups: string, access: 'viewer' | 'operator') {
    const headers = await site.as(access)
    const csrf = await site.csrf(headers.cookie)
    return site.post('/hosts/web01/groups', { groups, csrf }, headers)
  }

  test('beside those of the agent, and it is noted who did it', async () => {
    const answer = await give('Shop berlin', 'operator')
    expect(answer.status).toBe(303)
    expect(await site.store.hosts.find('web01')).toMatchObject({
      groups: ['berlin', 'shop', 'web'],
      givenGroups: ['berlin', 'shop'],
    })
    const [entry] = (await site.store.audit.list({ search: 'groups' })).entries
    expect(entry).toMatchObject({
      actor: 'olga',
      action: 'change groups of host',
      detail: 'web01: berlin, shop',
    })
    const page = await read('/hosts/web01', await site.as('operator'))
    expect(page).toContain('configuration adds web')
    expect(await read('/hosts/web01', await site.as('viewer'))).not.toContain('name="groups"')
  })

  test('but none that can be no name, and not too many', async () => {
    expect((await give('a/b', 'operator')).status).toBe(400)
    expect((await give(Array.from({ length: 21 }, (_, i) => `g${i}`).join(' '), 'operator')).status).toBe(400)
    expect((await give('shop', 'viewer')).status).toBe(403)
    expect((await site.store.hosts.find('web01'))?.givenGroups).toEqual([])
  })

  test('through the API too', async () => {
    const headers = { ...(await site.bearer('operator')), 'content-type': 'application/json' }
    const post = (path: string, body: unknown) =>
      site.send(path, { method: 'POST', headers, body: JSON.stringify(body) })
    const answer = await post('/api/v1/hosts/db01/groups', { groups: 'base, berlin' })
    expect(await answer.json()).toEqual({ host: 'db01', groups: ['base', 'berlin'] })
    expect((await post('/api/v1/hosts/nobody/groups', { groups: '' })).status).toBe(404)
    expect((await post('/api/v1/hosts/db01/groups', { groups: 7 })).status).toBe(400)
  })
})
