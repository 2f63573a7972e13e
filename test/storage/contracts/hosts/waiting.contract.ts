import { describe, expect, test } from 'bun:test'
import { MAX_WAITING_FRAMES } from '../../../../src/storage/ingest/waiting-frames.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

const HOUR = 3600
const DAY = 86_400
const EVER = Number.MAX_SAFE_INTEGER

/** What every database must make of frames whose time lies ahead of the server's clock. */
export function describeWaiting(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    const clock = fakeClock(MIDNIGHT * 1000)
    let bench: Workbench
    let store: Store

    openEach(
      makeWorkbench,
      (opened) => {
        ;({ bench, store } = opened)
      },
      () => clock,
    )

    const read = async (host: string, metric: string) =>
      toPairs(await store.samples.range(host, metric, 0, EVER)).map(([time, value]) => [
        time - MIDNIGHT,
        value,
      ])
    const wait = (host: string, ...waiting: ReturnType<typeof aFrame>[]) =>
      store.ingest.write([aReport(host, { waiting })])

    test('they become samples in the order of their times, each when its time has come', async () => {
      await wait('a', aFrame(MIDNIGHT + 2 * HOUR, { m: 2 }), aFrame(MIDNIGHT + HOUR, { m: 1 }))
      await wait('b', aFrame(MIDNIGHT + 3 * HOUR, { m: 3 }))
      expect(await read('a', 'm')).toEqual([])
      expect(await store.dataAudit.findWaiting('a')).toEqual({
        samples: 2,
        from: MIDNIGHT + HOUR,
        to: MIDNIGHT + 2 * HOUR,
      })
      expect(await store.dataAudit.findWaiting('nobody')).toBeNull()
      expect(await store.samples.extent('a')).toBeNull()
      expect(await store.maintenance.admitWaiting(MIDNIGHT + HOUR - 1, 100)).toBe(0)
      expect(await store.maintenance.admitWaiting(MIDNIGHT + HOUR, 100)).toBe(1)
      expect(await read('a', 'm')).toEqual([[HOUR, 1]])
      expect((await store.hosts.find('a'))?.latest).toEqual({ m: 1 })
      expect(await store.maintenance.admitWaiting(MIDNIGHT + 9 * HOUR, 1)).toBe(1)
      expect(await store.maintenance.admitWaiting(MIDNIGHT + 9 * HOUR, 100)).toBe(1)
      expect(await read('a', 'm')).toEqual([
        [HOUR, 1],
        [2 * HOUR, 2],
      ])
      expect(await read('b', 'm')).toEqual([[3 * HOUR, 3]])
      expect(await store.dataAudit.findWaiting('a')).toBeNull()
      expect((await store.hosts.find('a'))?.latest).toEqual({ m: 2 })
      expect(await store.maintenance.check()).toEqual([])
    })

    test('what was sent twice is there once, and adds to a frame that came meanwhile', async () => {
      for (let again = 0; again < 2; again++) await wait('a', aFrame(MIDNIGHT + HOUR, { m: 1, n: 5 }))
      await wait('a', aFrame(MIDNIGHT + HOUR, { o: 7 }))
      await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT + HOUR, { p: 9 })] })])
      expect((await store.dataAudit.findWaiting('a'))?.samples).toBe(3)
      expect(await store.maintenance.admitWaiting(MIDNIGHT + HOUR, 100)).toBe(1)
      for (const [metric, value] of Object.entries({ m: 1, n: 5, o: 7, p: 9 }))
        expect(await read('a', metric)).toEqual([[HOUR, value]])
      expect(await store.maintenance.admitWaiting(MIDNIGHT + HOUR, 100)).toBe(0)
      expect(await store.maintenance.check()).toEqual([])
    })

    test('a day that was compacted already takes them too', async () => {
      await store.ingest.write([aReport('a', { frames: [aFrame(MIDNIGHT + 60, { m: 1 })] })])
      await wait('a', aFrame(MIDNIGHT + 120, { m: 2 }))
      while ((await store.maintenance.compact(MIDNIGHT + DAY, 100)) === 100);
      await store.maintenance.admitWaiting(MIDNIGHT + 2 * DAY, 100)
      const expected = [
        [60, 1],
        [120, 2],
      ]
      expect(await read('a', 'm')).toEqual(expected)
      while ((await store.maintenance.compact(MIDNIGHT + DAY, 100)) === 100);
      expect(await read('a', 'm')).toEqual(expected)
      expect(await store.maintenance.check()).toEqual([])
    })

    test('they survive the end of the process, and go with their host', async () => {
      await wait('a', aFrame(MIDNIGHT + HOUR, { m: 1 }))
      await wait('b', aFrame(MIDNIGHT + HOUR, { m: 2 }))
      await store.close()
      store = await bench.open(clock)
      await store.hosts.delete('a')
      expect(await store.maintenance.admitWaiting(MIDNIGHT + HOUR, 100)).toBe(1)
      expect(await read('b', 'm')).toEqual([[HOUR, 2]])
    })

    test('of one host no more wait than an agent takes in 7 days: the oldest go, those of others stay', async () => {
      await wait('b', aFrame(MIDNIGHT + HOUR, { m: 1 }))
      const metrics = ['m']
      const frames = Array.from({ length: MAX_WAITING_FRAMES + 25 }, (_, i) => ({
        time: MIDNIGHT + HOUR + 60 * i,
        metrics,
        values: [i],
      }))
      for (let at = 0; at < frames.length; at += 1000) await wait('a', ...frames.slice(at, at + 1000))
      await wait('a', ...frames.slice(-10))
      let admitted = 0
      for (let some = 2000; some === 2000; admitted += some)
        some = await store.maintenance.admitWaiting(EVER, 2000)
      expect(admitted).toBe(MAX_WAITING_FRAMES + 1)
      const kept = await read('a', 'm')
      expect(kept).toHaveLength(MAX_WAITING_FRAMES)
      expect(kept[0]).toEqual([HOUR + 60 * 25, 25])
    }, 30_000)
  })
}
