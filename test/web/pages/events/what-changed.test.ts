import { afterEach, beforeEach, expect, test } from 'bun:test'
import { startTestSite, type TestSite } from '../../site.ts'

let site: TestSite
beforeEach(async () => {
  site = await startTestSite()
})
afterEach(() => site.stop())

/** The page of an event that opened 20 minutes ago, on a host that has reported for this many minutes. */
async function openedOn(minutes: number): Promise<string> {
  const now = site.clock.now()
  for (let i = minutes; i > 0; i--)
    await site.report('web01', now - i * 60, { 'perf.memory.percent.used': 99, 'perf.system.load.1': 1 })
  const event = { uid: 'a', change: 1, time: now - 1200, metric: 'perf.memory.percent.used' } as const
  await site.store.events.report('web01', [{ ...event, severity: 2, status: 'open', message: 'Memory' }])
  const response = await site.send('/events/1', { headers: await site.as('viewer') })
  return response.text()
}

test('of a young host nobody says that nothing else changed', async () => {
  const page = await openedOn(25)
  expect(page).toContain('There are too few samples from before the event to compare with.')
  expect(page).not.toContain('None of the other')
})

test('of a host that was observed before, it is said that nothing else changed', async () => {
  expect(await openedOn(150)).toMatch(/None of the other 1 metric of web01 departed from .* before\./s)
})
