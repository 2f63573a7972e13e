import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JumpAnswer } from '../../../src/web/ui/jump-row.ts'
import { SILENCE, startTestSite, type TestSite } from '../site.ts'

let site: TestSite

beforeAll(async () => {
  site = await startTestSite()
  await site.report('old01', site.clock.now(), { 'perf.memory.percent.used': 1 })
  await site.clock.advance(SILENCE * 2000)
  const now = site.clock.now()
  for (let i = 1; i <= 20; i++)
    await site.report(`web${i}`, now - 60, {
      'perf.memory.percent.used': 41.5,
      'perf.processor.percent.used': 3,
    })
})
afterAll(() => site.stop())

/** Signing in again and again would be refused. */
const cookies = new Map<string, Promise<{ cookie: string }>>()
async function signIn(user: 'viewer' | 'operator' | 'admin'): Promise<string> {
  const session = cookies.get(user) ?? site.as(user)
  cookies.set(user, session)
  return (await session).cookie
}

async function ask(query: string, user: 'viewer' | 'operator' | 'admin' = 'operator') {
  const response = await site.send(`/jump?${query}`, { headers: { cookie: await signIn(user) } })
  return { status: response.status, text: await response.text() }
}
async function rows(query: string, user?: 'viewer' | 'operator' | 'admin') {
  const { text } = await ask(query, user)
  const answer: JumpAnswer = JSON.parse(text)
  return answer.rows
}
const titles = async (query: string, user?: 'viewer' | 'operator' | 'admin') =>
  (await rows(query, user)).map(({ title }) => title)

describe('the jump box', () => {
  test('finds hosts by what their names begin with, a few of them', async () => {
    expect((await titles('q=web')).slice(0, 6)).toEqual(['web1', 'web2', 'web3', 'web4', 'web5', 'web6'])
    expect((await titles('q=WEB2')).slice(0, 2)).toEqual(['web2', 'web20'])
  })

  test('says of a host that it is down', async () =>
    expect((await rows('q=old'))[0]).toMatchObject({
      kind: 'host',
      path: '/hosts/old01',
      detail: expect.stringMatching(/ down$/),
    }))

  test('never has more than twelve rows, and the last one searches everything', async () => {
    for (const q of ['e', 'a', 'web', 'memory', 'nothing-like-this', '%', '_', '<b>', '\0', '名前']) {
      const found = await rows(`q=${encodeURIComponent(q)}&host=web1`)
      expect(found.length).toBeGreaterThan(0)
      expect(found.length).toBeLessThanOrEqual(12)
      expect(found.at(-1)).toMatchObject({ kind: 'search', path: `/search?q=${encodeURIComponent(q)}` })
    }
    expect(await rows('q=')).toEqual([])
    expect(await rows('q=%20%20')).toEqual([])
  })

  test('finds metrics and actions of the host whose page is open, and of no other', async () => {
    expect((await rows('q=memory+used&host=web1'))[0]).toMatchObject({
      kind: 'metric',
      path: '/hosts/web1/metrics/perf.memory.percent.used',
    })
    expect(await titles('q=mute&host=web1')).toContain('Mute web1')
    for (const query of ['q=mute', 'q=mute&host=nobody', 'q=memory+used'])
      expect((await rows(query)).filter(({ kind }) => kind === 'metric' || kind === 'action')).toEqual([])
  })

  test('offers nobody what is not theirs', async () => {
    expect(await titles('q=mute&host=web1', 'viewer')).not.toContain('Mute web1')
    expect(await titles('q=users', 'viewer')).not.toContain('Users')
    expect(await titles('q=users', 'admin')).toContain('Users')
  })

  test('refuses what is too long', async () => {
    expect(await ask(`q=${'a'.repeat(201)}`)).toMatchObject({ status: 400 })
    expect(await ask(`q=a&host=${'a'.repeat(300)}`)).toMatchObject({ status: 400 })
  })
})
