import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { KEY_MISMATCH } from '../../../../src/domain/metrics/declared/server-events.ts'
import type { HostReport, Store } from '../../../../src/storage/ports/store.ts'
import { type FakeClock, fakeClock } from '../../../support/clock.ts'
import { aFrame, aReport, MIDNIGHT } from '../../reports.ts'
import type { Workbench } from '../store.contract.ts'

const MINE = 'a'.repeat(64)
const THEIRS = 'b'.repeat(64)

/** Which agent a host name belongs to, in every database. */
export function describeNames(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let clock: FakeClock
    let store: Store
    let others: Store[]
    let time: number

    beforeEach(async () => {
      bench = makeWorkbench()
      clock = fakeClock(MIDNIGHT * 1000)
      store = await bench.open(clock)
      others = []
      time = MIDNIGHT
    })
    afterEach(async () => {
      for (const one of [store, ...others]) await one.close()
      await bench.remove()
    })

    async function openOther(): Promise<Store> {
      const other = await bench.open(clock)
      others.push(other)
      return other
    }
    /** True when the report was taken. Each has a frame of its own time. */
    async function say(keyHash: string | null, changes: Partial<HostReport> = {}, through = store) {
      time += 60
      const report = aReport('web01', {
        keyHash,
        seen: time,
        frames: [aFrame(time, { 'perf.test': 1 })],
        ...changes,
      })
      return !(await through.ingest.write([report])).has(report)
    }
    const listEvents = async () => (await store.events.list({ metric: KEY_MISMATCH.name })).events

    test('a new host belongs to the first key, over restarts too, and without it nobody speaks for it', async () => {
      expect(await say(MINE)).toBe(true)
      expect(await say(MINE)).toBe(true)
      expect(await say(THEIRS)).toBe(false)
      expect(await say(null)).toBe(false)
      const reopened = await openOther()
      expect(await say(THEIRS, {}, reopened)).toBe(false)
      expect(await say(null, {}, reopened)).toBe(false)
      expect(await say(MINE, {}, reopened)).toBe(true)
    })

    test('a name that an agent without a key uses goes to a key only when a person has released it', async () => {
      const other = await openOther()
      expect(await say(null)).toBe(true)
      expect(await say(null, {}, other)).toBe(true)
      expect(await say(MINE)).toBe(false)
      expect(await listEvents()).toMatchObject([
        { host: 'web01', status: 'open', message: expect.stringContaining('monitor host release') },
      ])
      expect(await say(null, {}, other)).toBe(true)
      expect(await store.hosts.releaseName('web01', time)).toBe(true)
      expect(await store.hosts.releaseName('web01', time)).toBe(false)
      expect((await listEvents()).map(({ status }) => status)).toEqual(['closed'])
      // Whoever used the name may go on until a key takes it.
      expect(await say(null, {}, other)).toBe(true)
      expect(await say(MINE)).toBe(true)
      expect(await say(null, {}, other)).toBe(false)
      expect(await say(THEIRS, {}, other)).toBe(false)
      expect(await say(MINE, {}, other)).toBe(true)
    })

    test('all names without a key are released at once, and no others', async () => {
      await say(MINE)
      await store.ingest.write(['old01', 'old02'].map((host) => aReport(host, { keyHash: null })))
      expect(await store.hosts.releaseKeyless(time)).toBe(2)
      expect(await store.hosts.releaseKeyless(time)).toBe(0)
      const report = aReport('old01', { keyHash: THEIRS })
      expect((await store.ingest.write([report])).size).toBe(0)
      expect(await say(THEIRS)).toBe(false)
    })

    test('a sender that is known by its key alone neither makes a host nor takes a name', async () => {
      expect(await say(MINE, { isByKey: true })).toBe(false)
      expect(await store.hosts.find('web01')).toBeNull()
      await say(MINE)
      expect(await say(MINE, { isByKey: true })).toBe(true)
      await store.hosts.releaseName('web01', time)
      expect(await say(MINE, { isByKey: true })).toBe(false)
      expect(await say(THEIRS)).toBe(true)
    })

    test('of two keys in one commit the first has it', async () => {
      const reports = [MINE, THEIRS, MINE].map((keyHash, i) =>
        aReport('web01', { keyHash, seen: MIDNIGHT + i }),
      )
      expect([...(await store.ingest.write(reports)).keys()]).toEqual(reports.slice(1, 2))
    })

    test('nothing of a foreign report is stored, the others of its commit are', async () => {
      await say(MINE)
      const seen = MIDNIGHT + 9000
      const frames = [aFrame(seen, { 'perf.test': 666 })]
      const foreign = aReport('web01', {
        keyHash: THEIRS,
        seen,
        frames,
        facts: { ...aReport('web01').facts, ip: '6.6.6.6' } as HostReport['facts'],
      })
      const other = aReport('web02', { keyHash: THEIRS, seen, frames })
      expect([...(await store.ingest.write([foreign, other])).keys()]).toEqual([foreign])
      expect(await store.hosts.find('web01')).toMatchObject({
        ip: '10.0.0.5',
        lastSeen: time,
        latest: { 'perf.test': 1 },
      })
      expect(await store.hosts.find('web02')).toMatchObject({ latest: { 'perf.test': 666 } })
      expect((await store.samples.range('web01', 'perf.test', seen, seen)).times).toHaveLength(0)
    })

    test('somebody else who tries is one event, however often, until it is closed; then the next try is another', async () => {
      await say(MINE)
      for (let i = 0; i < 3; i++) await say(THEIRS)
      const [event, ...more] = await listEvents()
      expect(more).toEqual([])
      expect(event).toMatchObject({ host: 'web01', severity: 2, status: 'open', opened: MIDNIGHT + 120 })
      await store.events.close(event?.id ?? 0, 'admin', time + 10)
      expect((await listEvents()).map(({ status }) => status)).toEqual(['closed'])
      await say(null)
      expect((await listEvents()).map(({ status }) => status)).toEqual(['open', 'closed'])
    })

    test('attempts are over when none came for the given time', async () => {
      await say(MINE)
      await say(THEIRS)
      await say(THEIRS)
      expect(await store.watch.resolveAttempts(time, time + 10)).toBe(0)
      expect(await store.watch.resolveAttempts(time + 1, time + 10)).toBe(1)
      expect(await store.watch.resolveAttempts(time + 1, time + 10)).toBe(0)
      expect(await listEvents()).toMatchObject([{ status: 'closed', closed: time + 10 }])
      await say(THEIRS)
      expect((await listEvents()).map(({ status }) => status)).toEqual(['open', 'closed'])
    })

    test('a key that is forgotten makes room for the next, and closes the event', async () => {
      await say(MINE)
      await say(THEIRS)
      expect(await store.hosts.releaseName('web01', time + 1)).toBe(true)
      expect((await listEvents()).map(({ status }) => status)).toEqual(['closed'])
      expect(await store.hosts.listKeyed(['web01'])).toEqual(new Set())
      expect(await store.hosts.releaseName('web01', time + 1)).toBe(false)
      expect(await store.hosts.releaseName('nobody', time + 1)).toBe(false)
      expect(await say(THEIRS)).toBe(true)
      expect(await say(MINE)).toBe(false)
      expect(await store.hosts.listKeyed(['web01', 'nobody'])).toEqual(new Set(['web01']))
    })

    test('a host keeps all it has under a new name, and the old name is free', async () => {
      await say(MINE)
      expect(await store.hosts.rename('web01', 'db01')).toBe('renamed')
      expect(await store.hosts.find('web01')).toBeNull()
      expect(await store.hosts.find('db01')).toMatchObject({ ip: '10.0.0.5', lastSeen: time })
      expect((await store.samples.range('db01', 'perf.test', 0, 1e10)).times).toHaveLength(1)
      expect(await store.hosts.listKeyed(['db01'])).toEqual(new Set(['db01']))
      const found = async (search: string) =>
        (await store.hosts.list({ search, upSince: 0 })).hosts.map((host) => host.name)
      expect(await found('db01')).toEqual(['db01'])
      expect(await found('web01')).toEqual([])
      // Its agent goes on under the old name, with facts now and then; nothing of it is lost, nothing comes back.
      expect(await say(MINE)).toBe(true)
      expect(await store.hosts.find('web01')).toBeNull()
      expect(await found('db01')).toEqual(['db01'])
      expect((await store.samples.range('db01', 'perf.test', 0, 1e10)).times).toHaveLength(2)
      await say(MINE, { host: 'web02' })
      expect(await store.hosts.rename('web02', 'web01')).toBe('taken')
      expect(await say(MINE)).toBe(true)
      // Another agent takes the name, which then is no former one any more.
      expect(await say(THEIRS)).toBe(true)
      expect(await say(MINE)).toBe(false)
      expect((await store.samples.range('db01', 'perf.test', 0, 1e10)).times).toHaveLength(3)
      expect(await store.hosts.rename('web01', 'db01')).toBe('taken')
      expect(await store.hosts.rename('nobody', 'web09')).toBe('unknown')
    })

    test('a host may get its old name back; an old name that is released is free', async () => {
      await say(MINE)
      expect(await store.hosts.rename('web01', 'db01')).toBe('renamed')
      expect(await store.hosts.rename('db01', 'web01')).toBe('renamed')
      expect(await say(MINE)).toBe(true)
      expect(await store.hosts.find('db01')).toBeNull()
      expect(await store.hosts.rename('web01', 'db01')).toBe('renamed')
      expect(await store.hosts.releaseName('web01', time)).toBe(true)
      expect(await say(MINE)).toBe(true)
      expect(await store.hosts.find('web01')).not.toBeNull()
      await store.hosts.delete('db01')
      await store.hosts.delete('web01')
    })

    /** A report of a machine that had another name before. */
    const sayAs = (host: string, ...formerNames: string[]) => say(MINE, { host, formerNames })
    const countSamples = async (host: string) =>
      (await store.samples.range(host, 'perf.test', 0, 1e10)).times.length

    test('a machine that gets another name keeps its host, in every process, and may change it back', async () => {
      const other = await openOther()
      await say(MINE)
      await say(MINE, {}, other)
      expect(await sayAs('web02', 'web01')).toBe(true)
      expect(await store.hosts.find('web01')).toBeNull()
      expect(await store.hosts.find('web02')).toMatchObject({ ip: '10.0.0.5', lastSeen: time })
      // What was on its way under the old name, and what comes later on the same connection.
      expect(await say(MINE, {}, other)).toBe(true)
      expect(await sayAs('web02', 'web01')).toBe(true)
      expect(await store.hosts.find('web01')).toBeNull()
      expect(await countSamples('web02')).toBe(5)
      // Between the two lies a change that the server never received.
      expect(await sayAs('web04', 'web03', 'web02')).toBe(true)
      expect(await countSamples('web04')).toBe(6)
      expect(await sayAs('web01', 'web04', 'web03')).toBe(true)
      expect((await store.hosts.list({ upSince: 0 })).hosts.map((host) => host.name)).toEqual(['web01'])
      expect(await countSamples('web01')).toBe(7)
      const renames = (await store.audit.list({ limit: 10 })).entries
      expect(renames.map(({ actor, way, detail }) => [actor, way, detail])).toEqual([
        ['web04', 'agent', 'web04 to web01'],
        ['web02', 'agent', 'web02 to web04'],
        ['web01', 'agent', 'web01 to web02'],
      ])
    })

    test('a name that a person gave stays, whatever the machine is called', async () => {
      await say(MINE)
      await store.hosts.rename('web01', 'shop')
      for (const _ of [1, 2]) expect(await sayAs('web02', 'web01')).toBe(true)
      expect(await say(MINE, { host: 'web02' })).toBe(true)
      expect((await store.hosts.list({ upSince: 0 })).hosts.map((host) => host.name)).toEqual(['shop'])
      expect(await countSamples('shop')).toBe(4)
    })

    test('a name that another machine has is not taken from it; the samples stay with their host', async () => {
      await say(MINE)
      await say(THEIRS, { host: 'web02' })
      for (const _ of [1, 2]) expect(await sayAs('web02', 'web01')).toBe(true)
      expect([await countSamples('web01'), await countSamples('web02')]).toEqual([3, 1])
      expect(await say(THEIRS, { host: 'web02' })).toBe(true)
      expect(await countSamples('web02')).toBe(2)
    })

    test('nobody takes a host by saying that it had its name', async () => {
      await say(MINE)
      expect(await say(THEIRS, { host: 'evil', formerNames: ['web01'] })).toBe(true)
      expect(await say(null, { host: 'evil2', formerNames: ['web01'] })).toBe(true)
      expect(await store.hosts.find('web01')).not.toBeNull()
      expect(await countSamples('web01')).toBe(1)
    })

    test('a host that was deleted is anybody’s', async () => {
      await say(MINE)
      await store.hosts.delete('web01')
      expect(await say(THEIRS)).toBe(true)
    })

    test('what the server says of a host is an event of it, and no sign of life', async () => {
      await say(MINE)
      const report = {
        uid: null,
        change: 0,
        time: time + 50,
        metric: 'perf.certificate.web.state',
        severity: 3,
        status: 'open',
        message: 'ends',
      } as const
      expect(await store.events.report('web01', [report])).toBe(true)
      expect(await store.events.report('nobody', [report])).toBe(false)
      expect((await store.events.list({ metric: report.metric })).events).toMatchObject([
        { host: 'web01', status: 'open', severity: 3 },
      ])
      expect((await store.hosts.find('web01'))?.lastSeen).toBe(time)
    })
  })
}
