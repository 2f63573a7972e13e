import { afterAll, beforeAll, expect, test } from 'bun:test'
import { COMMANDS } from '../../../../src/cli/commands/index.ts'
import { SETTINGS } from '../../../../src/config/settings.ts'
import { writeStoredPassword } from '../../../../src/domain/users/user.ts'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

let site: TestSite

beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  const metrics = ['perf.process.a_b.state']
  const common = { seen: now, clockSkew: 0, events: [], frames: [{ time: now, metrics, values: [1] }] }
  await site.store.ingest.write([
    {
      ...common,
      host: 'old01',
      facts: { ...FACTS, agent: 'original 2019' },
      spellings: { 'perf.process.a_b.state': 'perf.process.a<b.state' },
    },
    { ...common, host: 'new01', facts: FACTS },
  ])
})
afterAll(() => site.stop())

async function read(path: string): Promise<string> {
  return (await site.send(path, { headers: await site.as('viewer') })).text()
}

test('the list of hosts names an agent of the original, and finds all that still have one', async () => {
  const all = await read('/hosts')
  expect(all).toContain('Debian 12 · Linux · agent: original 2019')
  expect(all).toContain('new01')
  const found = await read('/hosts?q=original+2019')
  expect(found).toContain('old01')
  expect(found).not.toContain('new01')
})

test('the page of a host spells names as its agent does', async () => {
  const page = await read('/hosts/old01')
  expect(page).toContain('<dt>Agent</dt><dd>original 2019</dd>')
  expect(page).toContain('>a&lt;b</a>')
  expect(page).toContain('sent as perf.process.a&lt;b.state')
  const other = await read('/hosts/new01')
  expect(other).not.toContain('<dt>Agent</dt>')
  expect(other).toContain('>a_b</a>')
})

test('the guide says how to come from the original, and names settings and commands that there are', async () => {
  const [, part = ''] = /id="original"([\s\S]*?)<\/section>/.exec(await read('/settings/guide')) ?? []
  expect(part).toContain('Coming from the original')
  const known = new Set(COMMANDS.map(({ name }) => name))
  const named = [...part.matchAll(/<code>monitor ([a-z]+ [a-z-]+)/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(2)
  expect(named.filter((name) => !known.has(name))).toEqual([])
  const keys = new Set(SETTINGS.map(({ key }) => key))
  const settings = [...part.matchAll(/<code>(collect\.[a-z_]+)/g)].map(([, key = '']) => key)
  expect(settings.length).toBeGreaterThan(4)
  expect(settings.filter((key) => !keys.has(key))).toEqual([])
})

test('the list of users says whose old password fits once more, and whose not any more', async () => {
  const now = site.clock.now()
  const add = (name: string, state: 'original' | 'disabled', expires: number | null) =>
    site.store.users.add(name, 'operator', writeStoredPassword({ state, hash: 'x', expires }), now)
  await add('anna', 'original', now + 86_400)
  await add('bert', 'original', now - 1)
  await add('carl', 'disabled', null)
  const page = await (await site.send('/settings/users', { headers: await site.as('admin') })).text()
  const noteOf = (name: string) =>
    new RegExp(`>${name}</a>[\\s\\S]*?class="soft">([\\s\\S]*?)</span>`).exec(page)?.[1]
  expect(noteOf('anna')).toContain('password of the original, once more until')
  expect(noteOf('bert')).toBe('password of the original expired: set a password')
  expect(noteOf('carl')).toBe('disabled: set a password')
})
