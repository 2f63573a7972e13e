import { afterAll, beforeAll, expect, test } from 'bun:test'
import { FACTS, startTestSite, type TestSite } from '../../site.ts'

let site: TestSite

/** A critical event that is older than more than a page of major ones. */
beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  const open = (number: number, severity: 1 | 2, time: number) => ({
    ...{ uid: `uid-${number}`, change: 1, metric: `perf.a.${number}`, message: `problem ${number}` },
    ...{ severity, opened: time, status: 'open' as const, time },
  })
  const majors = Array.from({ length: 120 }, (_, i) => open(i + 1, 2, now - 1000 + i))
  await site.store.ingest.write([
    {
      host: 'web01',
      facts: FACTS,
      seen: now,
      clockSkew: 0,
      frames: [],
      events: [open(0, 1, now - 86_400), ...majors],
    },
  ])
})
afterAll(() => site.stop())

test('the page of a host lists the worst open events, of each severity the newest first', async () => {
  const page = await site.send('/hosts/web01', { headers: await site.as('viewer') })
  const problems = [...(await page.text()).matchAll(/problem (\d+)/g)].map(([, number]) => Number(number))
  expect([...new Set(problems)]).toEqual([0, 120, 119, 118, 117, 116, 115, 114, 113, 112])
})

test('the card of a host on the map names the worst one', async () => {
  const card = await site.send('/fleet/web01', { headers: await site.as('viewer') })
  expect(await card.text()).toMatch(/problem 0\b/)
})
