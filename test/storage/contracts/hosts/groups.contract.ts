import { describe, expect, test } from 'bun:test'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aReport, FACTS, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/** What every database must do with groups of hosts. */
export function describeGroups(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store

    const say = (host: string, groups?: string[], seen = MIDNIGHT) =>
      store.ingest.write([
        aReport(host, { facts: groups === undefined ? FACTS : { ...FACTS, groups }, seen }),
      ])
    const inGroup = async (group: string) =>
      (await store.hosts.list({ group, upSince: MIDNIGHT })).hosts.map((host) => host.name)
    const groupsOf = async (host: string) => (await store.hosts.find(host))?.groups

    openEach(makeWorkbench, async (opened) => {
      ;({ bench, store } = opened)
      await say('web01', ['web', 'berlin'])
      await say('web02', ['web'])
      await say('db01')
    })

    test('a host is in the groups that its agent reports and in those that users gave it', async () => {
      expect(await store.hosts.giveGroups('web01', ['shop', 'web', 'shop'])).toBe(true)
      expect(await store.hosts.giveGroups('nobody', ['shop'])).toBe(false)
      expect(await store.hosts.find('web01')).toMatchObject({
        groups: ['berlin', 'shop', 'web'],
        givenGroups: ['shop', 'web'],
      })
      expect(await inGroup('web')).toEqual(['web01', 'web02'])
      expect(await inGroup('shop')).toEqual(['web01'])
      expect(await inGroup('we')).toEqual([])
      expect(await store.hosts.groups()).toEqual(['berlin', 'shop', 'web'])
    })

    test('ten users who add a host to a group at once all succeed', async () => {
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          store.hosts.changeGroups('web02', (given) => [...given, `group${i}`]),
        ),
      )
      expect((await store.hosts.find('web02'))?.givenGroups).toHaveLength(10)
      expect(await store.hosts.changeGroups('web02', () => null)).toBe(true)
      expect((await store.hosts.find('web02'))?.givenGroups).toHaveLength(10)
      expect(await store.hosts.changeGroups('nobody', () => ['x'])).toBe(false)
    })

    test('an agent that reports other groups leaves the old ones, but none that users gave', async () => {
      await store.hosts.giveGroups('web01', ['web'])
      await say('web01', ['paris'])
      expect(await groupsOf('web01')).toEqual(['paris', 'web'])
      await store.hosts.giveGroups('web01', [])
      expect(await groupsOf('web01')).toEqual(['paris'])
      await say('web01')
      expect(await groupsOf('web01')).toEqual([])
      expect(await store.hosts.groups()).toEqual(['web'])
    })

    test('groups hold after the database was opened anew, and a packet that repeats them changes nothing', async () => {
      await store.close()
      store = await bench.open(fakeClock(MIDNIGHT * 1000))
      await say('web01', ['berlin', 'web'])
      expect(await groupsOf('web01')).toEqual(['berlin', 'web'])
    })

    test('hosts and those that are up or down are counted by group', async () => {
      await say('web03', ['web'], MIDNIGHT - 1000)
      expect(await store.hosts.count(MIDNIGHT - 10, 'web')).toEqual({ up: 2, down: 1 })
      expect(await store.hosts.count(MIDNIGHT - 10, 'none')).toEqual({ up: 0, down: 0 })
      expect(await store.hosts.count(MIDNIGHT - 10)).toEqual({ up: 3, down: 1 })
      const down = await store.hosts.list({
        group: 'web',
        status: 'down',
        upSince: MIDNIGHT - 10,
        sort: 'status',
      })
      expect(down.hosts.map((host) => host.name)).toEqual(['web03'])
    })

    test('hosts are ordered by a value of their newest frame, those without one last', async () => {
      const metric = 'perf.processor.percent.used'
      const frame = (value: number) => ({ time: MIDNIGHT, metrics: ['other', metric], values: [1, value] })
      await store.ingest.write([
        aReport('web01', { facts: null, frames: [frame(20)] }),
        aReport('web02', { facts: null, frames: [frame(70.5)] }),
        aReport('a01', { frames: [frame(20)] }),
      ])
      const order = async (query: object) =>
        (await store.hosts.list({ sort: 'processor', upSince: 0, ...query })).hosts.map((host) => host.name)
      expect(await order({ descending: true })).toEqual(['web02', 'a01', 'web01', 'db01'])
      expect(await order({})).toEqual(['a01', 'web01', 'web02', 'db01'])
      expect(await order({ offset: 1, limit: 2 })).toEqual(['web01', 'web02'])
      expect(await order({ group: 'web', descending: true })).toEqual(['web02', 'web01'])
      expect(await order({ sort: 'memory' })).toEqual(['a01', 'db01', 'web01', 'web02'])
      expect(await order({ search: 'nothing' })).toEqual([])
    })

    test('hosts are ordered by their fullest filesystem, and inodes are none', async () => {
      const frame = (values: Record<string, number>) => ({
        time: MIDNIGHT,
        metrics: Object.keys(values).map((name) => `perf.filesystem.${name}`),
        values: Object.values(values),
      })
      await store.ingest.write([
        aReport('web01', {
          facts: null,
          frames: [frame({ 'dev.sda1.percent.used': 20, 'dev.sdb1.percent.used': 91.5 })],
        }),
        aReport('web02', {
          facts: null,
          frames: [frame({ 'dev.sda1.percent.used': 70, 'dev.sda1.inodes.percent.used': 99 })],
        }),
      ])
      const list = await store.hosts.list({ sort: 'disk', descending: true, upSince: 0, limit: 2 })
      expect(list.hosts.map(({ name }) => name)).toEqual(['web01', 'web02'])
    })

    test('a deleted host is in no group, a renamed one stays in its own', async () => {
      await store.hosts.rename('web02', 'web09')
      expect(await inGroup('web')).toEqual(['web01', 'web09'])
      await store.hosts.delete('web01')
      expect(await inGroup('web')).toEqual(['web09'])
      expect(await store.hosts.groups()).toEqual(['web'])
    })

    test('events are found by the groups of their hosts, those of several hosts too', async () => {
      const event = {
        uid: 'a',
        change: 1,
        time: MIDNIGHT,
        metric: 'perf.memory.percent.used',
        severity: 2,
        status: 'open',
        message: 'one',
      } as const
      await store.events.report('web01', [event])
      await store.events.report('db01', [event])
      const report = { ...event, uid: 'b', message: 'several' }
      await store.watch.report([{ host: null, members: ['db01', 'web02'], report }], MIDNIGHT)
      const found = async (group: string) =>
        (await store.events.list({ group })).events.map(({ host }) => host).sort()
      expect(await found('web')).toEqual(['2 hosts', 'web01'])
      expect(await found('berlin')).toEqual(['web01'])
      expect(await found('none')).toEqual([])
      const ofHost = await store.events.list({ group: 'web', host: 'db01' })
      expect(ofHost.events).toEqual([])
      expect((await store.events.list({ group: 'berlin', host: 'web01' })).total).toBe(1)
    })

    test('events of a group of more than a hundred hosts are found, the newest first', async () => {
      const names = Array.from({ length: 120 }, (_, i) => `many${i}`)
      await store.ingest.write(
        names.map((name) => aReport(name, { facts: { ...FACTS, groups: ['many'] }, seen: MIDNIGHT })),
      )
      const event = { change: 1, metric: 'perf.memory.percent.used', status: 'open', message: 'x' } as const
      for (const i of [3, 119, 40])
        await store.events.report(`many${i}`, [
          { ...event, uid: 'a', time: MIDNIGHT - i, severity: 2 },
          { ...event, uid: 'b', time: MIDNIGHT - i, severity: 3, status: 'open', metric: 'm' },
        ])
      await store.events.report('web01', [{ ...event, uid: 'a', time: MIDNIGHT, severity: 2 }])
      const { total, events } = await store.events.list({ group: 'many', severity: 2 })
      expect(total).toBe(3)
      expect(events.map(({ host }) => host)).toEqual(['many3', 'many40', 'many119'])
      expect(await store.events.countBySeverity({ group: 'many' })).toEqual({ 1: 0, 2: 3, 3: 3, 4: 0 })
      expect((await store.events.list({ group: 'many', status: 'closed' })).total).toBe(0)
    })
  })
}
