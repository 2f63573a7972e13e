import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../src/domain/event.ts'
import type { PolicyChoices, Store } from '../../../src/storage/ports/store.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'
import { expectFailure } from '../../support/failure.ts'
import { randomOf } from '../random.ts'
import { aFrame, aReport, FACTS, MIDNIGHT, toPairs } from '../reports.ts'

/** One database for a test; `open` may be called several times for the same one. */
export type Workbench = {
  open(clock: FakeClock, policy?: PolicyChoices): Promise<Store>
  remove(): Promise<void>
  /** The database holds longer texts than the schema says. */
  readonly takesAnyLength?: true
}

const DAY = 86_400
const CPU = 'perf.processor.percent.used'
const MEMORY = 'perf.memory.percent.used'
const FOREVER = 1e9

/** What every database must do. */
export function describeStore(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let clock: FakeClock
    let store: Store

    beforeEach(async () => {
      bench = makeWorkbench()
      clock = fakeClock(MIDNIGHT * 1000)
      store = await bench.open(clock)
    })
    afterEach(async () => {
      await store.close()
      await bench.remove()
    })

    const write = (host: string, time: number, values: Record<string, number | null>) =>
      store.ingest.write([aReport(host, { frames: [aFrame(time, values)], seen: time })])
    const read = async (host: string, metric = CPU, from = 0, to = Number.MAX_SAFE_INTEGER) =>
      toPairs(await store.samples.range(host, metric, from, to))
    async function readAll(host: string, metric: string): Promise<[number, number][]> {
      const series = (await store.samples.ranges(host, [metric], 0, Number.MAX_SAFE_INTEGER)).get(metric)
      return series ? toPairs(series) : []
    }
    async function expectSound() {
      expect(await store.maintenance.check()).toEqual([])
    }

    describe('samples', () => {
      test('come back in order, both ends included', async () => {
        for (const minute of [2, 0, 1, 3]) await write('web01', MIDNIGHT + minute * 60, { [CPU]: minute })
        expect(await read('web01', CPU, MIDNIGHT + 60, MIDNIGHT + 120)).toEqual([
          [MIDNIGHT + 60, 1],
          [MIDNIGHT + 120, 2],
        ])
        expect(await store.samples.extent('web01')).toEqual({ first: MIDNIGHT, last: MIDNIGHT + 180 })
      })

      test('of hosts and metrics that are not known are none', async () => {
        await write('web01', MIDNIGHT, { [CPU]: 1 })
        expect(await read('web02')).toEqual([])
        expect(await read('web01', MEMORY)).toEqual([])
        expect(await read('web01', CPU, MIDNIGHT + 1, MIDNIGHT)).toEqual([])
        expect(await store.samples.extent('web02')).toBeNull()
        expect((await store.samples.ranges('web02', [CPU], 0, MIDNIGHT)).size).toBe(0)
      })

      test('written twice are there once', async () => {
        for (let i = 0; i < 3; i++) await write('web01', MIDNIGHT, { [CPU]: 5, [MEMORY]: 6 })
        expect(await read('web01')).toEqual([[MIDNIGHT, 5]])
        expect((await store.maintenance.stats()).samples).toBe(2)
      })

      test('of one time in two packets are united, the newer value wins and a null takes nothing away', async () => {
        await write('web01', MIDNIGHT, { [CPU]: 1, [MEMORY]: 2 })
        await write('web01', MIDNIGHT, { [CPU]: 3, [MEMORY]: null, other: 4 })
        expect(await read('web01', CPU)).toEqual([[MIDNIGHT, 3]])
        expect(await read('web01', MEMORY)).toEqual([[MIDNIGHT, 2]])
        expect(await read('web01', 'other')).toEqual([[MIDNIGHT, 4]])
        expect((await store.hosts.find('web01'))?.latest).toEqual({ [CPU]: 3, [MEMORY]: 2, other: 4 })
        expect(await store.hosts.metrics('web01')).toEqual([MEMORY, CPU, 'other'].sort())
        await expectSound()
      })

      test('of one time twice in the same write are united too', async () => {
        await store.ingest.write([
          aReport('web01', {
            frames: [aFrame(MIDNIGHT, { [CPU]: 1 }), aFrame(MIDNIGHT, { [CPU]: 2, [MEMORY]: 3 })],
          }),
          aReport('web01', { frames: [aFrame(MIDNIGHT, { other: 4 })] }),
        ])
        expect(await read('web01', CPU)).toEqual([[MIDNIGHT, 2]])
        expect((await store.hosts.find('web01'))?.latest).toEqual({ [CPU]: 2, [MEMORY]: 3, other: 4 })
      })

      test('under a name that a frame has twice take the last value', async () => {
        await store.ingest.write([
          aReport('web01', { frames: [{ time: MIDNIGHT, metrics: [CPU, MEMORY, CPU], values: [1, 2, 3] }] }),
        ])
        expect(await read('web01', CPU)).toEqual([[MIDNIGHT, 3]])
        expect(await read('web01', MEMORY)).toEqual([[MIDNIGHT, 2]])
      })

      test('of many metrics are read in one pass, from frames and blocks', async () => {
        for (let i = 0; i < 10; i++)
          await write('web01', MIDNIGHT + i * 60, { [CPU]: i, [MEMORY]: i % 2 ? i : null })
        await store.maintenance.compact(MIDNIGHT + 300, FOREVER)
        const ranges = await store.samples.ranges('web01', [CPU, MEMORY, 'none'], MIDNIGHT, MIDNIGHT + 420)
        expect([...ranges.keys()]).toEqual([CPU, MEMORY])
        for (const metric of [CPU, MEMORY]) {
          const series = ranges.get(metric)
          expect(series && toPairs(series)).toEqual(await read('web01', metric, MIDNIGHT, MIDNIGHT + 420))
        }
      })

      test('are refused as a whole when one frame has no time', async () => {
        const bad = aReport('web02', { frames: [aFrame(1.5, { [CPU]: 1 })] })
        const good = aReport('web01', { frames: [aFrame(MIDNIGHT, { [CPU]: 1, brandnew: 2 })] })
        await expectFailure(store.ingest.write([good, bad]), 'whole seconds')
        expect(await store.hosts.find('web01')).toBeNull()
        await store.ingest.write([good])
        expect(await read('web01')).toEqual([[MIDNIGHT, 1]])
        expect((await store.hosts.find('web01'))?.latest).toEqual({ [CPU]: 1, brandnew: 2 })
        await expectSound()
      })
    })

    describe('compaction', () => {
      test('changes where samples lie, not what they are', async () => {
        for (let i = 0; i < 300; i++)
          await write('web01', MIDNIGHT - 7200 + i * 60, {
            [CPU]: i / 10,
            [MEMORY]: i % 3 ? Math.sqrt(i) : null,
          })
        const before = [await read('web01'), await read('web01', MEMORY), await store.samples.extent('web01')]
        expect(await store.maintenance.compact(Number.MAX_SAFE_INTEGER, FOREVER)).toBe(2)
        expect(await store.maintenance.stats()).toMatchObject({ frames: 0, blocks: 2, samples: 500 })
        expect([
          await read('web01'),
          await read('web01', MEMORY),
          await store.samples.extent('web01'),
        ]).toEqual(before)
        expect(await store.maintenance.compact(Number.MAX_SAFE_INTEGER, FOREVER)).toBe(0)
        await expectSound()
      })

      test('goes on where its limit stopped it, and samples are counted once all the while', async () => {
        for (const host of ['a', 'b', 'c'])
          for (let i = 0; i < 5; i++) await write(host, MIDNIGHT + i * 60, { [CPU]: i })
        expect(await store.maintenance.compact(MIDNIGHT + 240, 2)).toBe(2)
        expect((await store.maintenance.stats()).samples).toBe(15)
        // Sent again while its frame is still to be compacted, and while it is compacted already.
        for (const host of ['a', 'c']) await write(host, MIDNIGHT + 60, { [CPU]: 1 })
        expect((await store.maintenance.stats()).samples).toBe(15)
        expect((await read('a')).length).toBe(5)
        expect(await store.maintenance.compact(MIDNIGHT + 240, FOREVER)).toBe(3)
        expect(await store.maintenance.stats()).toMatchObject({ samples: 15, frames: 3, blocks: 3 })
      })

      test('takes late samples into the block, the later value winning', async () => {
        for (let i = 0; i < 10; i++) await write('web01', MIDNIGHT + i * 60, { [CPU]: i, [MEMORY]: i })
        await store.maintenance.compact(MIDNIGHT + 600, FOREVER)
        await write('web01', MIDNIGHT + 90, { [CPU]: 100 })
        await write('web01', MIDNIGHT + 120, { [CPU]: 200, added: 1 })
        const expected = [
          [MIDNIGHT, 0],
          [MIDNIGHT + 60, 1],
          [MIDNIGHT + 90, 100],
          [MIDNIGHT + 120, 200],
          [MIDNIGHT + 180, 3],
        ]
        expect((await read('web01')).slice(0, 5)).toEqual(expected as [number, number][])
        // One value of the late frames is in the block too: it counts once.
        expect((await store.maintenance.stats()).samples).toBe(22)
        expect(await store.maintenance.listLargestHosts(5)).toEqual([{ host: 'web01', samples: 22 }])
        expect(await store.maintenance.compact(MIDNIGHT + 600, FOREVER)).toBe(1)
        expect((await read('web01')).slice(0, 5)).toEqual(expected as [number, number][])
        expect((await read('web01', MEMORY)).length).toBe(10)
        expect(await read('web01', 'added')).toEqual([[MIDNIGHT + 120, 1]])
        expect(await store.maintenance.stats()).toMatchObject({ frames: 0, blocks: 1, samples: 22 })
        await expectSound()
      })

      test('while it goes on nothing is missing and no value stands at another time', async () => {
        const valueAt = (time: number) => ((time / 60) * 7919) % 1000
        const minutes = Array.from({ length: 400 }, (_, i) => MIDNIGHT + ((i * 149) % 400) * 60)
        for (let round = 0; round < 20; round++) {
          const times = minutes.slice(round * 20, round * 20 + 20)
          const frames = times.map((time) =>
            aFrame(time, { [CPU]: valueAt(time), [MEMORY]: -valueAt(time), [`metric.${round}`]: 1 }),
          )
          await store.ingest.write([aReport('web01', { frames })])
          const expected = minutes
            .slice(0, round * 20 + 20)
            .sort((a, b) => a - b)
            .map((time): [number, number] => [time, valueAt(time)])
          let isCompacting = true
          const compacting = store.maintenance.compact(FOREVER * 10, FOREVER).then(() => {
            isCompacting = false
          })
          while (isCompacting) {
            const reading: Promise<[number, number][]>[] = []
            // A few steps apart, so that one or the other comes between two statements of the compaction.
            for (let i = 0; i < 20; i++) {
              reading.push(i % 2 ? read('web01') : readAll('web01', MEMORY))
              for (let step = 0; step < 3; step++) await Promise.resolve()
            }
            for (const [i, pairs] of (await Promise.all(reading)).entries())
              expect(pairs).toEqual(expected.map(([time, value]) => [time, i % 2 ? value : -value]))
            await new Promise((resolve) => setImmediate(resolve))
          }
          await compacting
        }
        await expectSound()
      })

      test('of a host that sends every second and of one that never agrees with the minute', async () => {
        const frames = Array.from({ length: 4000 }, (_, i) => aFrame(MIDNIGHT + i, { [CPU]: i % 100 }))
        await store.ingest.write([aReport('fast', { frames })])
        const random = randomOf(1)
        const odd = Array.from({ length: 200 }, (_, i) =>
          aFrame(MIDNIGHT + i * 60 + Math.floor(random() * 50), { [CPU]: i }),
        )
        await store.ingest.write([aReport('odd', { frames: odd })])
        await store.maintenance.compact(MIDNIGHT + DAY, FOREVER)
        expect((await read('fast')).length).toBe(4000)
        expect(await read('odd')).toEqual(odd.map(({ time, values }) => [time, values[0] ?? -1]))
        await expectSound()
      })
    })

    test('random writes, duplicates, late samples, compactions and retention leave what a plain map would have', async () => {
      const random = randomOf(42)
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
      const hosts = ['a', 'b', 'c']
      const metrics = ['m1', 'm2', 'm3', 'm4']
      const model = new Map<string, Map<number, number>>()
      const place = (host: string, metric: string) => `${host} ${metric}`
      let now = MIDNIGHT
      let dropped = 0

      function aRandomReport() {
        const host = pick(hosts)
        const frames = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
          const time = random() < 0.6 ? now : now - Math.floor(random() * 3000) * 60
          const chosen = metrics.filter(() => random() < 0.7)
          const values = chosen.map(() => (random() < 0.1 ? null : Math.round(random() * 1000) / 10))
          return { time, metrics: chosen, values }
        })
        return aReport(host, { frames, seen: now })
      }

      for (let step = 0; step < 700; step++) {
        now += 60 * Math.floor(random() * 40)
        const dice = random()
        if (dice < 0.8) {
          const reports = Array.from({ length: 1 + Math.floor(random() * 4) }, aRandomReport)
          await store.ingest.write(reports)
          if (random() < 0.2) await store.ingest.write(reports)
          for (const { host, frames } of reports)
            for (const { time, metrics: names, values } of frames)
              for (const [i, name] of names.entries()) {
                const value = values[i] ?? null
                if (value === null || time < dropped) continue
                const key = place(host, name)
                model.set(key, (model.get(key) ?? new Map()).set(time, value))
              }
        } else if (dice < 0.95) {
          await store.maintenance.compact(now - Math.floor(random() * 2 * DAY), pick([1, 2, FOREVER]))
        } else {
          // To a midnight, where blocks and frames end alike, with nothing left to compact behind it.
          const before = Math.floor((now - 2 * DAY) / DAY) * DAY
          dropped = Math.max(dropped, before)
          while ((await store.maintenance.dropSamples(before)).isLeft);
          await store.maintenance.compact(before, FOREVER)
          while ((await store.maintenance.dropSamples(before)).isLeft);
          for (const series of model.values())
            for (const time of series.keys()) if (time < before) series.delete(time)
        }
        if (step % 100 !== 99) continue
        for (const host of hosts)
          for (const metric of metrics) {
            const expected = [...(model.get(place(host, metric)) ?? [])].sort((x, y) => x[0] - y[0])
            expect(await read(host, metric, dropped)).toEqual(expected)
          }
        await expectSound()
      }
    }, 30_000)

    describe('hosts', () => {
      test('are found with their facts, times and newest frame, which other readers see within a second', async () => {
        await store.ingest.write([aReport('web01', { seen: MIDNIGHT + 5, clockSkew: -2 })])
        const other = await bench.open(clock)
        await store.ingest.write([
          aReport('web01', {
            facts: { ...FACTS, ip: '10.0.0.6' },
            seen: MIDNIGHT + 65,
            clockSkew: 3,
            frames: [aFrame(MIDNIGHT + 60, { [CPU]: 12.5, [MEMORY]: null })],
          }),
        ])
        await clock.advance(1000)
        for (const reader of [store, other])
          expect(await reader.hosts.find('web01')).toEqual({
            ...FACTS,
            ip: '10.0.0.6',
            name: 'web01',
            groups: [],
            givenGroups: [],
            firstSeen: MIDNIGHT + 5,
            lastSeen: MIDNIGHT + 65,
            clockSkew: 3,
            latestTime: MIDNIGHT + 60,
            latest: { [CPU]: 12.5 },
          })
        await other.close()
      })

      test('keep their newest frame when older ones come and when it is compacted', async () => {
        await write('web01', MIDNIGHT + 600, { [CPU]: 9 })
        await store.ingest.write([
          aReport('web01', { seen: MIDNIGHT + 700, frames: [aFrame(MIDNIGHT, { [CPU]: 1 })] }),
        ])
        await store.maintenance.compact(MIDNIGHT + DAY, FOREVER)
        expect(await store.hosts.find('web01')).toMatchObject({
          latestTime: MIDNIGHT + 600,
          latest: { [CPU]: 9 },
          lastSeen: MIDNIGHT + 700,
        })
      })

      test('have a revision that grows with every packet', async () => {
        const revisions = [await store.hosts.revision()]
        for (let i = 0; i < 3; i++) {
          await write('web01', MIDNIGHT + i, { [CPU]: 1 })
          revisions.push(await store.hosts.revision())
          if (i === 1) await clock.advance(1000)
        }
        expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
      })

      describe('in a list', () => {
        beforeEach(async () => {
          const list: [string, string, string, number][] = [
            ['alpha', '10.0.0.10', 'Zürich.example', 100],
            ['beta', '10.0.0.9', 'example.org', 500],
            ['gamma', '10.0.0.100', 'example.org', 50],
            ['delta_1', 'fe80::1', 'Stand Alone', 600],
          ]
          await store.ingest.write(
            list.map(([host, ip, domain, seen]) => aReport(host, { seen, facts: { ...FACTS, ip, domain } })),
          )
        })
        const names = async (query: object) => {
          const { total, hosts } = await store.hosts.list({ upSince: 500, ...query })
          return [total, ...hosts.map((host) => host.name)]
        }

        test('are sorted by what is asked for', async () => {
          expect(await names({})).toEqual([4, 'alpha', 'beta', 'delta_1', 'gamma'])
          expect(await names({ sort: 'name', descending: true })).toEqual([
            4,
            'gamma',
            'delta_1',
            'beta',
            'alpha',
          ])
          expect(await names({ sort: 'ip' })).toEqual([4, 'beta', 'alpha', 'gamma', 'delta_1'])
          expect(await names({ sort: 'last_seen' })).toEqual([4, 'gamma', 'alpha', 'beta', 'delta_1'])
          expect(await names({ sort: 'status' })).toEqual([4, 'alpha', 'gamma', 'beta', 'delta_1'])
          expect(await names({ sort: 'status', descending: true })).toEqual([
            4,
            'beta',
            'delta_1',
            'alpha',
            'gamma',
          ])
        })

        test('come in pages, also across the line between up and down', async () => {
          expect(await names({ offset: 1, limit: 2 })).toEqual([4, 'beta', 'delta_1'])
          for (const [offset, expected] of [
            [0, ['alpha', 'gamma']],
            [1, ['gamma', 'beta']],
            [2, ['beta', 'delta_1']],
            [3, ['delta_1']],
            [4, []],
          ] as const)
            expect(await names({ sort: 'status', offset, limit: 2 })).toEqual([4, ...expected])
        })

        test('are searched in any case and without wildcards', async () => {
          expect(await names({ search: 'ZÜRICH' })).toEqual([1, 'alpha'])
          expect(await names({ search: 'DEBIAN' })).toEqual([4, 'alpha', 'beta', 'delta_1', 'gamma'])
          expect(await names({ search: '_' })).toEqual([1, 'delta_1'])
          expect(await names({ search: '%' })).toEqual([0])
          expect(await names({ search: '0.9' })).toEqual([1, 'beta'])
        })

        test('are picked by status and counted', async () => {
          expect(await names({ status: 'up' })).toEqual([2, 'beta', 'delta_1'])
          expect(await names({ status: 'down', sort: 'status', search: 'example' })).toEqual([
            2,
            'alpha',
            'gamma',
          ])
          expect(await store.hosts.count(500)).toEqual({ up: 2, down: 2 })
          expect(await store.hosts.count(0)).toEqual({ up: 4, down: 0 })
        })
      })

      test('are deleted with everything and may come again', async () => {
        const report = anOpening({ uid: 'u1' })
        await store.ingest.write([
          aReport('web01', { frames: [aFrame(MIDNIGHT, { [CPU]: 1 })], events: [report] }),
        ])
        await write('web02', MIDNIGHT, { [CPU]: 2 })
        await store.maintenance.compact(MIDNIGHT + 1, FOREVER)
        await write('web01', MIDNIGHT + 60, { [CPU]: 3 })
        await write('web01', MIDNIGHT - 60, { [CPU]: 4 })
        expect(await store.hosts.delete('web01')).toBe(true)
        expect(await store.hosts.delete('web01')).toBe(false)
        expect(await store.hosts.find('web01')).toBeNull()
        expect((await store.events.list({})).total).toBe(0)
        expect(await store.maintenance.stats()).toMatchObject({ hosts: 1, samples: 1 })
        await write('web01', MIDNIGHT + 120, { [CPU]: 5 })
        expect(await read('web01')).toEqual([[MIDNIGHT + 120, 5]])
        expect(await read('web02')).toEqual([[MIDNIGHT, 2]])
        await expectSound()
      })

      test('deleted by one process are made anew by the next packet to another', async () => {
        const other = await bench.open(clock)
        await write('web01', MIDNIGHT, { [CPU]: 1 })
        expect(await other.hosts.delete('web01')).toBe(true)
        await write('web01', MIDNIGHT + 60, { [CPU]: 2 })
        expect(await read('web01')).toEqual([[MIDNIGHT + 60, 2]])
        await other.close()
        await expectSound()
      })
    })

    describe('events', () => {
      const tell = (...events: EventReport[]) => store.ingest.write([aReport('web01', { events })])
      const list = async () => (await store.events.list({})).events

      test('follow their changes in any order, received any number of times', async () => {
        const opening = anOpening({ uid: 'u1', change: 1, severity: 4 })
        const worse = anOpening({ uid: 'u1', change: 2, severity: 1, time: MIDNIGHT + 60, message: 'worse' })
        const closing = anOpening({
          uid: 'u1',
          change: 3,
          severity: 1,
          time: MIDNIGHT + 120,
          status: 'closed',
        })
        await tell(opening, worse)
        expect(await list()).toMatchObject([
          { status: 'open', severity: 1, message: 'worse', opened: MIDNIGHT, closed: null },
        ])
        await tell(closing, opening, worse, closing)
        expect(await list()).toMatchObject([
          { status: 'closed', severity: 1, opened: MIDNIGHT, closed: MIDNIGHT + 120 },
        ])
      })

      test('whose closing arrives first know their opening afterwards', async () => {
        await tell(anOpening({ uid: 'u1', change: 2, status: 'closed', time: MIDNIGHT + 60 }))
        await tell(anOpening({ uid: 'u1', change: 1 }))
        expect(await list()).toMatchObject([{ status: 'closed', opened: MIDNIGHT, closed: MIDNIGHT + 60 }])
      })

      test('of the original agent are at most one open a metric, and a backlog sent again changes nothing', async () => {
        const backlog = [
          anOpening({ time: MIDNIGHT }),
          anOpening({ time: MIDNIGHT + 60, severity: 1 }),
          anOpening({ time: MIDNIGHT + 120, status: 'closed' }),
          anOpening({ time: MIDNIGHT + 180 }),
        ]
        for (let i = 0; i < 3; i++) await tell(...backlog)
        expect(await list()).toMatchObject([
          { status: 'open', opened: MIDNIGHT + 180, severity: 3 },
          { status: 'closed', opened: MIDNIGHT, closed: MIDNIGHT + 120, severity: 1 },
        ])
      })

      test('are not made by a closing of the original agent that nothing opened', async () => {
        await tell(anOpening({ status: 'closed' }))
        expect(await list()).toEqual([])
      })

      test('closed by hand stay closed until the problem comes again', async () => {
        await tell(anOpening({ uid: 'u1' }))
        const id = (await list())[0]?.id ?? 0
        expect(await store.events.close(id, 'admin', MIDNIGHT + 10)).toBe(true)
        expect(await store.events.close(id, 'admin', MIDNIGHT + 11)).toBe(false)
        await tell(anOpening({ uid: 'u1', change: 5, severity: 1, time: MIDNIGHT + 20 }))
        expect(await store.events.find(id)).toMatchObject({ status: 'closed', closed: MIDNIGHT + 10 })
        await tell(anOpening({ uid: 'u2', time: MIDNIGHT + 30 }))
        expect((await store.events.list({ status: 'open' })).total).toBe(1)
        expect(await store.events.reopen(id, 'admin', MIDNIGHT + 40)).toBe(false)
        await tell(anOpening({ uid: 'u2', change: 9, time: MIDNIGHT + 35, status: 'closed' }))
        expect(await store.events.reopen(id, 'admin', MIDNIGHT + 40)).toBe(true)
        expect(await store.events.reopen(id, 'admin', MIDNIGHT + 41)).toBe(false)
        expect(await store.events.find(id)).toMatchObject({ status: 'open', closed: null })
        expect(await store.events.close(12345, 'admin', MIDNIGHT)).toBe(false)
      })

      test('are listed by what is asked for, newest first, and counted by severity', async () => {
        for (const [i, severity] of ([1, 2, 2, 4] as const).entries())
          await store.ingest.write([
            aReport(`web0${i % 2}`, {
              events: [anOpening({ uid: `u${i}`, severity, time: MIDNIGHT + i, metric: `m${i}` })],
            }),
          ])
        const ids = async (query: object) =>
          (await store.events.list(query)).events.map(({ metric }) => metric)
        expect(await ids({})).toEqual(['m3', 'm2', 'm1', 'm0'])
        expect(await ids({ host: 'web01' })).toEqual(['m3', 'm1'])
        expect(await ids({ host: 'nobody' })).toEqual([])
        expect(await ids({ severity: 2, limit: 1, offset: 1 })).toEqual(['m1'])
        expect(await ids({ metric: 'm0', status: 'closed' })).toEqual([])
        expect(await ids({ words: ['WEB01', 'm'] })).toEqual(['m3', 'm1'])
        expect(await ids({ words: ['m2'], severity: 2 })).toEqual(['m2'])
        expect(await ids({ words: ['m_'] })).toEqual([])
        expect(await ids({ words: ["'%"] })).toEqual([])
        expect(await ids({ hostPart: 'B01' })).toEqual(['m3', 'm1'])
        expect(await ids({ hostPart: '_' })).toEqual([])
        expect(await ids({ metricWords: ['M', '2'] })).toEqual(['m2'])
        expect(await ids({ metricWords: ['%'] })).toEqual([])
        expect(await ids({ metricWords: ['m'], hostPart: 'web01', status: 'open' })).toEqual(['m3', 'm1'])
        expect(await ids({ metricWords: ['m'], limit: 2, offset: 1 })).toEqual(['m2', 'm1'])
        expect(await store.events.countBySeverity({ metricWords: ['m'], hostPart: 'web00' })).toMatchObject({
          1: 1,
          2: 1,
        })
        const [, second] = (await store.events.list({})).events
        const after = { opened: second?.opened ?? 0, id: second?.id ?? 0 }
        expect(await ids({ after })).toEqual(['m1', 'm0'])
        expect(await ids({ after, host: 'web01' })).toEqual(['m1'])
        expect(await store.events.countBySeverity({ status: 'open' })).toEqual({ 1: 1, 2: 2, 3: 0, 4: 1 })
        expect(await store.events.countBySeverity({ host: 'web01', limit: 1 })).toEqual({
          1: 0,
          2: 1,
          3: 0,
          4: 1,
        })
        expect(await store.events.countBySeverity({ host: 'nobody' })).toEqual({ 1: 0, 2: 0, 3: 0, 4: 0 })
        const before = await store.events.revision()
        await store.events.comment(
          (await store.events.list({ metric: 'm0' })).events[0]?.id ?? 0,
          'anna',
          9,
          'Hm.',
        )
        expect(await store.events.revision()).toBeGreaterThan(before)
      })
    })

    describe('users, sessions and tokens', () => {
      test('a user is added once and changed by name', async () => {
        expect(await store.users.add('anna', 'viewer', 'hash1', 10)).toBe(true)
        expect(await store.users.add('anna', 'admin', 'hash2', 11)).toBe(false)
        expect(await store.users.setAccess('anna', 'admin')).toBe('changed')
        expect(await store.users.setAccess('nobody', 'admin')).toBe('unknown')
        await store.users.noteSignIn('anna', 20)
        expect(await store.users.find('anna')).toEqual({
          name: 'anna',
          access: 'admin',
          created: 10,
          lastSignIn: 20,
          passwordState: 'own',
          passwordHash: 'hash1',
        })
        expect(await store.users.list()).toEqual([
          { name: 'anna', access: 'admin', created: 10, lastSignIn: 20, passwordState: 'own' },
        ])
        expect(await store.users.find('nobody')).toBeNull()
      })

      test('a session has the access of its user now and ends in time, with a new password and with the user', async () => {
        await store.users.add('anna', 'viewer', 'hash', 10)
        await store.sessions.add({ tokenHash: 's1', user: 'anna', created: 100, expires: 200 })
        await store.users.setAccess('anna', 'operator')
        expect(await store.sessions.find('s1', 199)).toEqual({
          user: 'anna',
          access: 'operator',
          created: 100,
          expires: 200,
        })
        expect(await store.sessions.find('s1', 200)).toBeNull()
        await store.sessions.extend('s1', 300)
        expect(await store.sessions.find('s1', 200)).not.toBeNull()
        expect(await store.sessions.prune(299)).toBe(0)
        expect(await store.sessions.prune(300)).toBe(1)
        await store.sessions.add({ tokenHash: 's2', user: 'anna', created: 100, expires: 900 })
        await store.users.setPassword('anna', 'other')
        expect(await store.sessions.find('s2', 200)).toBeNull()
        await store.sessions.add({ tokenHash: 's3', user: 'anna', created: 100, expires: 900 })
        expect(await store.users.delete('anna')).toBe('deleted')
        expect(await store.sessions.find('s3', 200)).toBeNull()
        expect(await store.sessions.add({ tokenHash: 's4', user: 'anna', created: 1, expires: 2 })).toBe(
          false,
        )
      })

      test('a token has the access of its user now, ends in time, is revoked by id', async () => {
        await store.users.add('anna', 'viewer', 'hash', 10)
        const token = { name: 'grafana', user: 'anna', tokenHash: 't1', created: 10, expires: 100 }
        const id = await store.tokens.add(token)
        const endless = await store.tokens.add({ ...token, tokenHash: 't2', expires: null })
        await store.users.add('root', 'admin', 'hash', 10)
        await store.users.setAccess('anna', 'admin')
        await store.tokens.noteUse(id, 50)
        expect(await store.tokens.find('t1', 99)).toEqual({
          id,
          name: 'grafana',
          user: 'anna',
          access: 'admin',
          groups: null,
          created: 10,
          expires: 100,
          lastUsed: 50,
        })
        expect(await store.tokens.find('t1', 100)).toBeNull()
        expect((await store.tokens.list()).map((one) => one.id)).toEqual([id, endless])
        expect(await store.tokens.delete(id)).toBe(true)
        expect(await store.tokens.delete(id)).toBe(false)
        await store.users.delete('anna')
        expect(await store.tokens.find('t2', 1)).toBeNull()
      })
    })

    describe('maintenance', () => {
      test('the hosts with the most samples are listed, whether these are compacted, new or late', async () => {
        for (const [host, minutes] of Object.entries({ web01: 3, web02: 5, web03: 1 }))
          for (let i = 0; i < minutes; i++) await write(host, MIDNIGHT + i * 60, { [CPU]: i })
        await store.maintenance.compact(MIDNIGHT + DAY, FOREVER)
        await write('web01', MIDNIGHT + 30, { [CPU]: 1 })
        await write('web03', MIDNIGHT + DAY, { [CPU]: 1, other: 2 })
        expect(await store.maintenance.listLargestHosts(2)).toEqual([
          { host: 'web02', samples: 5 },
          { host: 'web01', samples: 4 },
        ])
        expect((await store.maintenance.listLargestHosts(9))[2]).toEqual({ host: 'web03', samples: 3 })
      })

      test('drops samples by whole days, frames by time, and metrics that are gone with them', async () => {
        for (const day of [0, 1, 2])
          await write('web01', MIDNIGHT + day * DAY + 60, { [CPU]: day, [`old${day}`]: 1 })
        await store.maintenance.compact(MIDNIGHT + 2 * DAY, FOREVER)
        while ((await store.maintenance.dropSamples(MIDNIGHT + DAY + 3600)).isLeft);
        expect((await read('web01')).map(([, value]) => value)).toEqual([1, 2])
        expect(await store.hosts.metrics('web01')).toEqual(['old1', 'old2', CPU].sort())
        while ((await store.maintenance.dropSamples(MIDNIGHT + 3 * DAY)).isLeft);
        expect(await store.samples.extent('web01')).toBeNull()
        expect((await store.hosts.find('web01'))?.latest).toEqual({ [CPU]: 2, old2: 1 })
        await write('web01', MIDNIGHT + 3 * DAY, { [CPU]: 3, old0: 1 })
        expect((await read('web01')).map(([, value]) => value)).toEqual([3])
        expect(await store.hosts.metrics('web01')).toEqual(['old0', CPU])
        await expectSound()
      })

      test('drops closed events and silent hosts', async () => {
        await store.ingest.write([
          aReport('old', { seen: 100, events: [anOpening({ uid: 'a' })] }),
          aReport('new', {
            seen: 900,
            events: [
              anOpening({ uid: 'b', change: 1, time: 10 }),
              anOpening({ uid: 'b', change: 2, time: 20, status: 'closed' }),
              anOpening({ uid: 'c', change: 1, time: 10 }),
            ],
          }),
        ])
        expect(await store.maintenance.dropEvents(20, 1000)).toBe(0)
        expect(await store.maintenance.dropEvents(21, 1000)).toBe(1)
        expect(await store.maintenance.dropHosts(100, 10)).toEqual([])
        expect(await store.maintenance.dropHosts(101, 0)).toEqual([])
        expect(await store.maintenance.dropHosts(101, 10)).toEqual([
          { host: 'old', lastSeen: 100, samples: 0, events: 1 },
        ])
        expect((await store.events.list({})).events.map(({ host }) => host)).toEqual(['new'])
        await expectSound()
      })

      test('answers a ping while it is open and fails one afterwards', async () => {
        await store.maintenance.ping()
        const other = await bench.open(clock)
        await other.close()
        await expectFailure(other.maintenance.ping(), 'closed')
      })
    })
  })
}

function anOpening(report: Partial<EventReport>): EventReport {
  return {
    uid: null,
    change: 1,
    time: MIDNIGHT,
    metric: MEMORY,
    severity: 3,
    status: 'open',
    message: 'Memory percent used > 85 for 15 minutes',
    ...report,
  }
}
