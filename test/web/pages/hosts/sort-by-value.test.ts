import { expect, test } from 'bun:test'
import { createFleet } from '../../../../src/web/fleet/fleet.ts'
import { readSorted, sortByValue } from '../../../../src/web/pages/hosts/sort-by-value.ts'
import { aFrame, aReport, MIDNIGHT } from '../../../storage/reports.ts'
import { startTestSite } from '../../site.ts'

test('hosts by a value stand as the store sorts them, in both directions and page by page', async () => {
  const site = await startTestSite()
  try {
    const { store } = site
    for (const [i, used] of [40, 90, null, 40, 10, 40].entries())
      await store.ingest.write([
        aReport(`web${i}`, {
          seen: MIDNIGHT,
          frames: [aFrame(MIDNIGHT, { 'perf.processor.percent.used': used, 'perf.memory.percent.used': i })],
        }),
      ])
    const { entries } = await createFleet({ store, clock: site.clock, silence: 600 }).read()
    for (const isDescending of [false, true]) {
      const sorted = sortByValue(entries, 'processor', isDescending) ?? []
      expect(sortByValue(entries, 'processor', isDescending)).toBe(sorted)
      const names = async (offset: number, limit: number) =>
        (await readSorted(store.hosts, sorted, { offset, limit, upSince: 0 })).hosts.map(({ name }) => name)
      const expected = await store.hosts.list({ sort: 'processor', descending: isDescending, upSince: 0 })
      expect(await names(0, 100)).toEqual(expected.hosts.map(({ name }) => name))
      expect(await names(2, 2)).toEqual(expected.hosts.slice(2, 4).map(({ name }) => name))
    }
    expect(sortByValue(entries, 'name', false)).toBeNull()
  } finally {
    await site.stop()
  }
})
