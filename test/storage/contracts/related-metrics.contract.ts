import { describe, expect, test } from 'bun:test'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { randomOf } from '../random.ts'
import { aFrame, aReport, MIDNIGHT, toPairs } from '../reports.ts'
import { RELATED, relatedMachine } from '../timeseries/related-metrics.ts'
import { openEach } from './open-each.ts'
import type { Workbench } from './store.contract.ts'

const DAY = 86_400
const HOSTS = ['web01', 'db01'] as const
const END = MIDNIGHT + 2 * DAY

type Values = Readonly<Record<string, number | null>>

/** Metrics that say what others of their host say come back as they were sent, whatever comes late. */
export function describeRelatedMetrics(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    openEach(
      makeWorkbench,
      (opened) => {
        store = opened.store
      },
      () => fakeClock((END + 3600) * 1000),
    )

    test('late samples of some of them, in any order, leave what a plain map would have', async () => {
      const random = randomOf(23)
      const model = new Map<string, Map<number, number>>()
      const remember = (host: string, time: number, values: Values) => {
        for (const [metric, value] of Object.entries(values)) {
          if (value === null) continue
          const key = `${host} ${metric}`
          model.set(key, (model.get(key) ?? new Map()).set(time, value))
        }
      }
      const write = async (host: string, frames: readonly (readonly [number, Values])[]) => {
        for (const [time, values] of frames) remember(host, time, values)
        const sent = frames.map(([time, values]) => aFrame(time, values))
        await store.ingest.write([aReport(host, { seen: END, frames: sent })])
      }
      const compact = async (before: number) => {
        while ((await store.maintenance.compact(before, 100)) >= 100);
      }
      const expectModel = async () => {
        expect(await store.maintenance.check()).toEqual([])
        for (const host of HOSTS) {
          const together = await store.samples.ranges(host, RELATED, 0, 4e9)
          const picture = { from: MIDNIGHT, to: END - 1, points: 12 }
          for (const metric of RELATED) {
            const wanted = [...(model.get(`${host} ${metric}`) ?? [])].sort(([a], [b]) => a - b)
            expect(toPairs(await store.samples.range(host, metric, 0, 4e9))).toEqual(wanted)
            const series = together.get(metric)
            expect(series ? toPairs(series) : []).toEqual(wanted)
            // Alone, so that the metric that it follows from is not read anyway.
            const { summary } = (await store.samples.summarize(host, [metric], picture)).get(metric) ?? {}
            const [, last] = wanted.at(-1) ?? []
            const low = wanted.reduce((least, [, value]) => Math.min(least, value), Number.POSITIVE_INFINITY)
            expect(summary).toMatchObject({ count: wanted.length, low, last })
          }
        }
      }

      const machines = HOSTS.map(() => relatedMachine(random))
      for (let hour = 0; hour < 48; hour += 6) {
        for (const [i, host] of HOSTS.entries()) {
          const frames = Array.from({ length: 360 }, (_, minute): [number, Values] => {
            const values = machines[i]?.() ?? []
            const present = RELATED.map((metric, k): [string, number | null] => [
              metric,
              // A metric that began later, and one that is missing now and then.
              (k === 4 && hour < 12) || (k === 6 && random() < 0.001) ? null : (values[k] ?? null),
            ])
            return [MIDNIGHT + hour * 3600 + minute * 60, Object.fromEntries(present)]
          })
          await write(host, frames)
        }
        await compact(MIDNIGHT + (hour + 5) * 3600)
      }
      await compact(END)
      await expectModel()

      for (let round = 0; round < 12; round++) {
        const host = random() < 0.5 ? HOSTS[0] : HOSTS[1]
        const isOld = random() < 0.5
        const frames = Array.from({ length: 1 + Math.floor(random() * 4) }, (): [number, Values] => {
          const time = MIDNIGHT + Math.floor(random() * 2880) * 60 + (isOld ? 0 : 30)
          const chosen = RELATED.filter(() => random() < 0.25)
          const values = chosen.map((metric): [string, number] => {
            const before = model.get(`${host} ${metric}`)?.get(time)
            return [metric, before !== undefined && random() < 0.5 ? before : Math.round(random() * 1e6) / 10]
          })
          return [time, Object.fromEntries(values)]
        })
        await write(
          host,
          frames.filter(([, values]) => Object.keys(values).length > 0),
        )
        if (random() < 0.6) await compact(END)
        if (round % 4 === 3) await expectModel()
      }
    }, 60_000)
  })
}
