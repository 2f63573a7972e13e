import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Loss } from '../../../../src/domain/audit/loss.ts'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
})
afterAll(() => site.stop())

/** Frames numbered from `first`, a minute apart. */
async function send(first: number, count: number, waiting: number, lost: readonly Loss[] = []) {
  const now = site.clock.now()
  const numbers = Array.from({ length: count }, (_, i) => first + i)
  await site.store.ingest.write([
    {
      host: 'web01',
      facts: FACTS,
      seen: now,
      clockSkew: 0,
      events: [],
      frames: numbers.map((number) => ({
        time: now - 6000 + number * 60,
        metrics: ['perf.a'],
        values: [number],
      })),
      queue: { id: 'queue-000001', run: 'run-0000001', started: now - 7000 },
      numbers: { frames: numbers, others: [], waiting, lost },
    },
  ])
  await site.store.dataAudit.settle(now)
}

const readPage = async (host = 'web01') =>
  (await site.send(`/hosts/${host}`, { headers: await site.as('viewer') })).text()
const readApi = async () => {
  const response = await site.send('/api/v1/hosts/web01/audit', { headers: await site.bearer('viewer') })
  return { status: response.status, body: await response.json() }
}

test('the page of a host and the API show what is missing of it and why', async () => {
  await send(1, 4, 1)
  expect(await readPage()).toContain('<span class="soft">complete</span>')
  const from = site.clock.now() - 5000
  await send(10, 1, 10, [{ first: 5, last: 7, reason: 'size', from, to: from + 120, count: 3 }])
  await site.store.dataAudit.addRejections([
    { host: 'web01', minute: from - (from % 60), reason: 'value', amount: 7 },
  ])
  const page = await readPage()
  expect(page).toContain('something is missing without a reason')
  expect(page).toContain('Missing: dropped by the agent: no room in its queue')
  expect(page).toContain('acknowledged, but not in this database')
  const { status, body } = await readApi()
  expect(status).toBe(200)
  expect(body).toMatchObject({
    host: 'web01',
    numbered: true,
    complete: false,
    expected: 10,
    present: 5,
    waiting: 0,
    missing: { size: 3, unexplained: 2 },
    refused: { value: 7 },
    rejections: [{ reason: 'value', amount: 7 }],
  })
  expect(
    body.gaps.map(({ reason, amount }: { reason: string; amount: number }) => [reason, amount]).sort(),
  ).toEqual([
    ['size', 3],
    ['unexplained', 2],
  ])
})

test('of an agent that numbers nothing the page says so, and no host is no audit', async () => {
  await site.store.ingest.write([
    { host: 'old01', facts: FACTS, seen: site.clock.now(), clockSkew: 0, events: [], frames: [] },
  ])
  expect(await readPage('old01')).toContain('not numbered')
  const response = await site.send('/api/v1/hosts/none/audit', { headers: await site.bearer('viewer') })
  expect(response.status).toBe(404)
})

test('of an agent whose clock is fast the page says how much waits, and that it is not lost', async () => {
  const time = site.clock.now() + 7200
  const waiting = [0, 60].map((later) => ({ time: time + later, metrics: ['perf.a'], values: [1] }))
  await site.store.ingest.write([
    {
      host: 'fast01',
      facts: FACTS,
      seen: site.clock.now(),
      clockSkew: 7200,
      events: [],
      frames: [],
      waiting,
    },
  ])
  await site.store.dataAudit.addRejections([
    { host: 'fast01', minute: time - (time % 60), reason: 'future', amount: 2 },
  ])
  const page = await readPage('fast01')
  expect(page).toContain('2 samples wait for their time')
  expect(page).toContain('future: waits until its time has come')
})
