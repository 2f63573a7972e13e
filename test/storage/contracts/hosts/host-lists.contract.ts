import { describe, expect, test } from 'bun:test'
import type { HostQuery, Store } from '../../../../src/storage/ports/store.ts'
import { aFrame, aReport, FACTS, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/** What every database must do with lists of hosts. */
export function describeHostLists(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    const add = (host: string, groups: string[] = [], ip = '10.0.0.5', values: Record<string, number> = {}) =>
      store.ingest.write([
        aReport(host, {
          facts: { ...FACTS, ip, groups },
          frames: Object.keys(values).length > 0 ? [aFrame(MIDNIGHT, values)] : [],
        }),
      ])
    const list = async (query: Partial<HostQuery> = {}) =>
      (await store.hosts.list({ upSince: MIDNIGHT, ...query })).hosts.map((host) => host.name)

    openEach(makeWorkbench, (opened) => {
      store = opened.store
    })

    test('names are in natural order, after a renaming too', async () => {
      for (const host of ['web10', 'web2', 'web1', 'db-1-20', 'db-1-3', 'web02b', 'web', 'x99999999999'])
        await add(host)
      const order = ['db-1-3', 'db-1-20', 'web', 'web1', 'web2', 'web02b', 'web10', 'x99999999999']
      expect(await list()).toEqual(order)
      expect(await list({ sort: 'status' })).toEqual(order)
      expect(await list({ descending: true, limit: 2 })).toEqual(['x99999999999', 'web10'])
      expect(await list({ offset: 2, limit: 3 })).toEqual(['web', 'web1', 'web2'])
      expect((await store.hosts.listSpans()).map((host) => host.name)).toEqual(order)
      await store.hosts.rename('web1', 'web11')
      expect((await list()).slice(-3)).toEqual(['web10', 'web11', 'x99999999999'])
    })

    test('a search gives names before addresses', async () => {
      await add('a-host', [], '10.0.7.1')
      await add('web7')
      await add('7up')
      await add('mail', [], '10.7.7.7')
      expect(await list({ search: '7' })).toEqual(['7up', 'web7', 'a-host', 'mail'])
      expect(await list({ search: '7', sort: 'ip' })).toHaveLength(4)
    })

    test('facets hold together, their values are alternatives', async () => {
      await add('web1', ['site:ams1', 'role:web', 'old'])
      await add('web2', ['site:fra1', 'role:web'])
      await add('db1', ['site:ams1', 'role:db'])
      expect(await list({ facets: [['site:ams1', 'site:fra1'], ['role:web']] })).toEqual(['web1', 'web2'])
      expect(await list({ facets: [['site:ams1'], ['role:web'], ['old', 'new']] })).toEqual(['web1'])
      expect(await list({ facets: [['site:none']] })).toEqual([])
      for (const [i, host] of ['web1', 'web2', 'db1'].entries())
        await store.events.report(host, [
          {
            uid: `u${i}`,
            change: 1,
            time: MIDNIGHT,
            metric: 'perf.a',
            severity: 1,
            status: 'open',
            message: host,
          },
        ])
      const events = async (facets: string[][]) =>
        (await store.events.list({ facets })).events.map(({ host }) => host).sort()
      expect(await events([['site:ams1']])).toEqual(['db1', 'web1'])
      expect(await events([['site:ams1'], ['role:db', 'role:web']])).toEqual(['db1', 'web1'])
      expect(await events([['site:fra1'], ['role:db']])).toEqual([])
      const ofHost = async (host: string, query: object) =>
        (await store.events.list({ host, ...query })).events.map(({ message }) => message)
      expect(await ofHost('web1', { facets: [['site:ams1']] })).toEqual(['web1'])
      expect(await ofHost('web1', { facets: [['site:fra1']] })).toEqual([])
      expect(await ofHost('web1', { withinGroups: ['old', 'new'] })).toEqual(['web1'])
      expect(await ofHost('web2', { withinGroups: ['old', 'new'] })).toEqual([])
      const within = async (withinGroups: string[], query: object = {}) => ({
        hosts: await list({ withinGroups, ...query }),
        spans: (await store.hosts.listSpans({ withinGroups })).map(({ name }) => name),
        events: (await store.events.list({ withinGroups, ...query })).events.map(({ host }) => host).sort(),
      })
      const own = ['db1', 'web1']
      expect(await within(['site:ams1'])).toEqual({ hosts: own, spans: own, events: own })
      expect(await within(['site:ams1'], { group: 'role:db' })).toEqual({
        ...{ hosts: ['db1'], spans: own, events: ['db1'] },
      })
      expect(await within([])).toEqual({ hosts: [], spans: [], events: [] })
    })

    test('a list is of some hosts alone, or of all but some', async () => {
      for (const host of ['a', 'b', 'c']) await add(host)
      expect(await list({ names: ['c', 'a', 'nobody'] })).toEqual(['a', 'c'])
      expect(await list({ names: [] })).toEqual([])
      expect(await list({ withoutNames: ['b'] })).toEqual(['a', 'c'])
      expect([...(await store.hosts.findAll(['b', 'nobody'])).keys()]).toEqual(['b'])
    })

    test('the map of all has a few values of each, and the metric of the fullest disk', async () => {
      await add('web10', ['site:ams1'], '10.0.0.5', {
        'perf.processor.percent.used': 12.5,
        'perf.filesystem.dev.sda1.percent.used': 40,
        'perf.filesystem.dev.sdb1.percent.used': 81.5,
        'perf.filesystem.dev.sdb1.inodes.percent.used': 99,
        'perf.network.bytes.received': 1000,
        'perf.network.bytes.sent': 24,
      })
      await add('web2')
      const fleet = await store.hosts.fleet()
      expect(fleet.map((host) => host.name)).toEqual(['web2', 'web10'])
      expect(fleet[1]).toEqual({
        name: 'web10',
        groups: ['site:ams1'],
        firstSeen: MIDNIGHT,
        lastSeen: MIDNIGHT,
        latestTime: MIDNIGHT,
        processor: 12.5,
        memory: null,
        disk: 81.5,
        diskMetric: 'perf.filesystem.dev.sdb1.percent.used',
        network: 1024,
        ioPressure: null,
      })
      expect(fleet[0]).toMatchObject({ latestTime: 0, processor: null, disk: null, diskMetric: null })
    })
  })
}
