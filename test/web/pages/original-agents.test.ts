import { afterAll, beforeAll, expect, test } from 'bun:test'
import { FACTS, startTestSite, type TestSite } from '../site.ts'

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
