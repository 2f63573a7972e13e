import { describe, expect, test } from 'bun:test'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { aReport, MIDNIGHT, toPairs } from '../reports.ts'
import { openEach } from './open-each.ts'
import type { Workbench } from './store.contract.ts'

/** A commit of many frames is written in statements of several sizes, some of them without parameters. */
export function describeCommits(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store
    openEach(
      makeWorkbench,
      (opened) => {
        store = opened.store
      },
      () => fakeClock((MIDNIGHT + 86_400) * 1000),
    )

    test('a commit of any number of frames is stored to the last byte, and what came twice is there once', async () => {
      const metrics = ['a', 'b']
      const frames = Array.from({ length: 1203 }, (_, i) => ({
        time: MIDNIGHT + 60 * i,
        metrics,
        values: [i % 7 === 0 ? null : Math.sin(i), i],
      }))
      await store.ingest.write([aReport('a', { frames: frames.slice(0, 700) })])
      await store.ingest.write([aReport('a', { frames: frames.slice(3) })])
      for (const [column, metric] of metrics.entries()) {
        const expected = frames.flatMap(({ time, values }): [number, number][] => {
          const value = values[column] ?? null
          return value === null ? [] : [[time, value]]
        })
        expect(toPairs(await store.samples.range('a', metric, 0, Number.MAX_SAFE_INTEGER))).toEqual(expected)
      }
      expect(await store.maintenance.check()).toEqual([])
    })
  })
}
