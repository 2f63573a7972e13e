import { describe, expect, test } from 'bun:test'
import type { SummarizedSeries } from '../../../src/domain/series.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { expectFailure } from '../../support/failure.ts'
import { randomOf } from '../random.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'
import { openEach } from './open-each.ts'
import type { Workbench } from './store.contract.ts'

const DAY = 86_400
const DAYS = 9
const METRICS = ['percent', 'double', 'constant', 'seldom', 'sparse'] as const

/** Rows of graphs are those of all samples, in every database. */
export function describeSummaries(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store
    const end = MIDNIGHT + DAYS * DAY

    openEach(
      makeWorkbench,
      (opened) => {
        store = opened.store
      },
      () => fakeClock((end + 3600) * 1000),
    )

    /**
     * A sample a minute for `DAYS` days with a hole in the second, all but the last hours compacted; then some of the
     * third day once more with other values, which stay as they came.
     */
    async function fill() {
      const random = randomOf(3)
      const frame = (time: number) => {
        const minute = (time - MIDNIGHT) / 60
        return aFrame(time, {
          percent: Math.round(random() * 10_000) / 100,
          double: random() * 1e-3 - 5e-4,
          constant: 42,
          seldom: minute % 7 === 0 ? Math.round(random() * 100) : null,
          sparse: minute % 720 === 0 ? minute : null,
        })
      }
      const write = async (from: number, to: number) => {
        for (let start = from; start < to; start += 500 * 60) {
          const frames = []
          for (let time = start; time < Math.min(to, start + 500 * 60); time += 60) frames.push(frame(time))
          await store.ingest.write([aReport('web01', { seen: to, frames })])
        }
      }
      await write(MIDNIGHT, MIDNIGHT + DAY + 7 * 3600)
      await write(MIDNIGHT + DAY + 13 * 3600, end)
      while ((await store.maintenance.compact(end - 3 * 3600, 100)) >= 100);
      await write(MIDNIGHT + 2 * DAY + 5 * 3600, MIDNIGHT + 2 * DAY + 6 * 3600)
    }

    /** Compares the rows with every sample of the time. */
    async function expectRows(rows: SummarizedSeries | undefined, metric: string, from: number, to: number) {
      const { times, values } = await store.samples.range('web01', metric, from, to)
      if (rows === undefined) return expect(times.length).toBe(0)
      const { step, summary } = rows
      const wanted = new Map<number, number[]>()
      for (const [i, time] of times.entries()) {
        const row = step === 0 ? time : Math.floor(time / step)
        const of = wanted.get(row) ?? []
        of.push(values[i] ?? 0)
        wanted.set(row, of)
      }
      const meanOf = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length
      const isNear = (mean: number, of: readonly number[]) =>
        Math.abs(mean - meanOf(of)) <= Math.max(...of.map(Math.abs)) * 1e-11
      expect([...rows.times].map((time) => (step === 0 ? time : Math.floor(time / step)))).toEqual([
        ...wanted.keys(),
      ])
      for (const [i, of] of [...wanted.values()].entries()) {
        expect(rows.counts[i]).toBe(of.length)
        expect(rows.low[i]).toBe(Math.min(...of))
        expect(rows.high[i]).toBe(Math.max(...of))
        expect(isNear(rows.mean[i] ?? 0, of)).toBe(true)
      }
      const all = [...values]
      expect(summary).toEqual({
        count: all.length,
        low: Math.min(...all),
        high: Math.max(...all),
        mean: summary?.mean ?? 0,
        last: all.at(-1) ?? 0,
        lastTime: times.at(-1) ?? 0,
      })
      expect(isNear(summary?.mean ?? 0, all)).toBe(true)
    }

    test('rows of graphs have count, minimum, mean and maximum of every sample in their step', async () => {
      await fill()
      const times = [
        { from: MIDNIGHT, to: end - 1 },
        { from: MIDNIGHT + 12_345, to: end - 54_321 },
        { from: MIDNIGHT - 10 * DAY, to: end + 10 * DAY },
        { from: MIDNIGHT + DAY, to: MIDNIGHT + 3 * DAY - 1 },
        { from: MIDNIGHT + 2 * DAY + 5 * 3600 + 7, to: MIDNIGHT + 2 * DAY + 5 * 3600 + 600 },
      ]
      const steps = new Set<number>()
      for (const { from, to } of times)
        for (const points of [1, 2, 5, 12, 24, 60, 200, 1000, 100_000]) {
          const found = await store.samples.summarize('web01', [...METRICS, 'none'], { from, to, points })
          expect(found.has('none')).toBe(false)
          // They have the same samples, so a graph of both has the same rows.
          expect(found.get('constant')?.times).toEqual(found.get('percent')?.times)
          for (const metric of METRICS) {
            const rows = found.get(metric)
            expect(rows?.times.length ?? 0).toBeLessThanOrEqual(points)
            if (rows !== undefined) steps.add(rows.step)
            // A single row for everything has no step.
            if (points > 1) await expectRows(rows, metric, from, to)
          }
        }
      // Rows from summaries, rows from samples and plain samples have all occurred.
      expect([0, 14_400, 43_200, 86_400].filter((step) => !steps.has(step))).toEqual([])
    })

    test('nothing is a row where host, metric or time has no sample', async () => {
      await store.ingest.write([aReport('web01', { frames: [aFrame(MIDNIGHT, { percent: 1 })] })])
      const picture = { from: MIDNIGHT, to: end, points: 100 }
      expect((await store.samples.summarize('none', ['percent'], picture)).size).toBe(0)
      expect((await store.samples.summarize('web01', [], picture)).size).toBe(0)
      expect(
        (await store.samples.summarize('web01', ['percent'], { ...picture, from: MIDNIGHT + 1 })).size,
      ).toBe(0)
      expect(
        (await store.samples.summarize('web01', ['percent'], { ...picture, to: MIDNIGHT - 1 })).size,
      ).toBe(0)
      const many = Array.from({ length: 501 }, (_, i) => `m${i}`)
      await expectFailure(store.samples.summarize('web01', many, picture), 'at most 500')
    })
  })
}
