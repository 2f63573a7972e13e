import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../../src/domain/event.ts'
import type { BoundHit, GrowthBounds, Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aFrame, aReport, MIDNIGHT } from '../../reports.ts'
import type { Workbench } from '../store.contract.ts'

/** What agents may add is bounded, in every database. */
export function describeGrowth(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    const stores: Store[] = []

    beforeEach(() => {
      bench = makeWorkbench()
    })
    afterEach(async () => {
      for (const one of stores.splice(0)) await one.close()
      await bench.remove()
    })

    async function open(bounds: Partial<GrowthBounds>) {
      const store = await bench.open(fakeClock(MIDNIGHT * 1000), { bounds })
      stores.push(store)
      return store
    }
    const say = ({ bound, host, count }: BoundHit) => `${bound} ${host} ${count}`

    test('new hosts a minute: those beyond it wait, and come in with the next minute', async () => {
      const store = await open({ newHostsPerMinute: 2 })
      const arrive = async (seen: number, ...names: string[]) => {
        const reports = names.map((host) => aReport(host, { seen }))
        const refused = await store.ingest.write(reports)
        return reports.map((report) => refused.get(report) ?? 'stored')
      }
      expect(await arrive(MIDNIGHT, 'a', 'b', 'c', 'a')).toEqual(['stored', 'stored', 'full', 'stored'])
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['new_hosts c 1'])
      expect(await arrive(MIDNIGHT + 59, 'c', 'b')).toEqual(['full', 'stored'])
      expect(await arrive(MIDNIGHT + 60, 'c', 'd', 'e')).toEqual(['stored', 'stored', 'full'])
    })

    test('hosts in all: those that are there go on, and who joins by a code is not counted out', async () => {
      const store = await open({ hosts: 1 })
      const [first, second] = [aReport('a'), aReport('b')]
      expect((await store.ingest.write([first, second])).get(second)).toBe('full')
      expect((await store.ingest.write([first])).size).toBe(0)
      const codeHash = 'c'.repeat(64)
      const code = { codeHash, host: null, created: MIDNIGHT, expires: MIDNIGHT + 60, uses: 1, actor: 'root' }
      await store.enrolment.addCode(code)
      const keyHash = 'k'.repeat(64)
      await store.enrolment.redeem({ codeHash, host: 'b', keyHash, address: '', now: MIDNIGHT })
      expect((await store.ingest.write([aReport('b', { keyHash })])).size).toBe(0)
    })

    test('hosts in all: counted anew in each commit, with those that the commit itself has made', async () => {
      const store = await open({ hosts: 3 })
      const arrive = async (...names: string[]) => {
        const reports = names.map((host) => aReport(host))
        const refused = await store.ingest.write(reports)
        return reports.map((report) => refused.get(report) ?? 'stored')
      }
      expect(await arrive('a', 'b')).toEqual(['stored', 'stored'])
      expect(await arrive('c', 'd', 'a')).toEqual(['stored', 'full', 'stored'])
      await store.hosts.delete('a')
      expect(await arrive('d', 'e')).toEqual(['stored', 'full'])
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['hosts d 1', 'hosts e 1'])
    })

    test('facts: lists beyond the bound are left out, the rest stays, and each is logged once', async () => {
      const store = await open({ factsBytes: 600 })
      const mounts = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`disk${i}`, `/srv/data/${i}`]))
      const { facts } = aReport('a')
      const said = facts === null ? null : { ...facts, groups: ['web'], mounts, thresholds: [] }
      expect((await store.ingest.write([aReport('a', { facts: said })])).size).toBe(0)
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['facts a 1', 'facts a 1'])
      const host = await store.hosts.find('a')
      expect(host).toMatchObject({ ip: facts?.ip ?? '', groups: ['web'] })
      expect(host).not.toHaveProperty('mounts')
      store.ingest.setPolicy({ bounds: { factsBytes: 10_000 } })
      await store.ingest.write([aReport('a', { facts: said })])
      expect(store.ingest.takeBoundHits()).toEqual([])
      expect(await store.hosts.find('a')).toMatchObject({ mounts })
    })

    test('bounds that are changed hold from the next report on', async () => {
      const store = await open({ hosts: 1, metricsPerHost: 2 })
      const frames = (time: number) => [aFrame(time, { a: 1, b: 2, c: 3 })]
      await store.ingest.write([aReport('a', { frames: frames(MIDNIGHT) })])
      const second = aReport('b')
      expect((await store.ingest.write([second])).get(second)).toBe('full')
      store.ingest.takeBoundHits()
      store.ingest.setPolicy({ bounds: { hosts: 2, metricsPerHost: 3 } })
      expect((await store.ingest.write([second, aReport('a', { frames: frames(MIDNIGHT + 60) })])).size).toBe(
        0,
      )
      expect(store.ingest.takeBoundHits()).toEqual([])
      expect((await store.hosts.find('a'))?.latest).toEqual({ a: 1, b: 2, c: 3 })
      store.ingest.setPolicy({ newHosts: 'approve' })
      const third = aReport('d')
      expect((await store.ingest.write([third])).get(third)).toBe('waiting')
    })

    test('metrics of a host: the first ones stay, the rest of the same frame is left out and counted', async () => {
      const store = await open({ metricsPerHost: 3 })
      const frame = (time: number, ...names: string[]) =>
        aFrame(time, Object.fromEntries(names.map((one, i) => [one, i])))
      const write = (host: string, ...frames: ReturnType<typeof frame>[]) =>
        store.ingest.write([aReport(host, { frames })])
      await write('a', frame(MIDNIGHT, 'x', 'y'))
      expect(store.ingest.takeBoundHits()).toEqual([])
      const long = frame(MIDNIGHT + 60, 'y', 'new1', 'new2', 'x')
      await write('a', long, { ...long, time: MIDNIGHT + 120 })
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['metrics a 1', 'metrics a 1'])
      await write('a', frame(MIDNIGHT + 180, 'more1', 'more2'))
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['metrics a 2'])
      expect(await store.hosts.metrics('a')).toEqual(['new1', 'x', 'y'])
      expect((await store.samples.range('a', 'new1', 0, 1e10)).times).toHaveLength(2)
      expect((await store.samples.range('a', 'x', 0, 1e10)).times).toHaveLength(3)
      expect(await store.hosts.findMetrics(['more'], 10)).toEqual([])
      // The bound is that of one host, and another process knows it too.
      await write('b', frame(MIDNIGHT, 'more1'))
      const other = await open({ metricsPerHost: 3 })
      await other.ingest.write([aReport('a', { frames: [frame(MIDNIGHT + 240, 'x', 'more1')] })])
      expect(other.ingest.takeBoundHits().map(say)).toEqual(['metrics a 1'])
      expect(await store.maintenance.check()).toEqual([])
    })

    test('open events of a host: changes and closings of those that are there go through', async () => {
      const store = await open({ openEventsPerHost: 2 })
      const event = (uid: string, change: number, status: 'open' | 'closed' = 'open'): EventReport => ({
        ...{ uid, change, status, time: MIDNIGHT, metric: `m.${uid}`, severity: 1, message: `${change}` },
      })
      const write = (...events: EventReport[]) => store.ingest.write([aReport('a', { events })])
      const list = async () => {
        const { events } = await store.events.list({ status: 'open' })
        return events.map(({ metric, message }) => `${metric} ${message}`).sort()
      }
      await write(event('a', 1), event('b', 1), event('c', 1), event('d', 1))
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['open_events a 2'])
      await write(event('e', 1), event('a', 2))
      expect(await list()).toEqual(['m.a 2', 'm.b 1'])
      await write(event('a', 3, 'closed'))
      // What was refused is opened when the agent next names what is open.
      store.ingest.takeBoundHits()
      await store.ingest.write([aReport('a', { open: [event('b', 1), event('c', 1), event('d', 1)] })])
      expect(await list()).toEqual(['m.b 1', 'm.c 1'])
      expect(store.ingest.takeBoundHits().map(say)).toEqual(['open_events a 1'])
    })
  })
}
