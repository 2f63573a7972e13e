import { describe, expect, test } from 'bun:test'
import type { EventReport, Severity } from '../../../../src/domain/event.ts'
import type { OpenPeriod } from '../../../../src/domain/hosts/state-history.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { aReport, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/**
 * What every database must say of what is wrong now, by event and by host, and when pages are to look again.
 */
export function describeTrouble(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    const open = (metric: string, severity: Severity, minute: number): EventReport => ({
      uid: `${metric}-${minute}`,
      change: 1,
      time: MIDNIGHT + 60 * minute,
      metric: `perf.${metric}`,
      severity,
      status: 'open',
      message: metric,
    })
    const say = (host: string, ...events: EventReport[]) =>
      store.ingest.write([aReport(host, { seen: MIDNIGHT, events })])

    openEach(makeWorkbench, async (opened) => {
      store = opened.store
      await say('calm')
      await say('db', open('load', 2, 1), open('disk', 2, 2), open('memory', 4, 3))
      await say('web', open('load', 3, 4), { ...open('disk', 1, 5), status: 'closed' })
      await say('mail', open('queue', 1, 6))
    })

    test('events are listed the worst first and the newest of each severity first', async () => {
      const list = async (limit: number, more: object = {}) =>
        (await store.events.listWorst({ status: 'open', limit, ...more })).map(
          ({ host, message }) => `${host} ${message}`,
        )
      expect(await list(9)).toEqual(['mail queue', 'db disk', 'db load', 'web load', 'db memory'])
      expect(await list(3)).toEqual(['mail queue', 'db disk', 'db load'])
      expect(await list(1, { host: 'db' })).toEqual(['db disk'])
      expect(await list(9, { host: 'nobody' })).toEqual([])
      const [worst] = await store.events.listWorst({ limit: 1 })
      await store.events.acknowledge(worst?.id ?? 0, 'ann', MIDNIGHT)
      expect(await list(1, { acknowledged: false })).toEqual(['db disk'])
    })

    test('a list has the order asked for, page by page', async () => {
      await store.watch.report(
        [{ host: null, members: ['calm', 'db'], report: open('system.availability.seconds', 1, 7) }],
        MIDNIGHT,
      )
      const list = async (order: 'newest' | 'oldest' | 'severity' | 'host', more: object = {}) =>
        (await store.events.list({ status: 'open', order, ...more })).events.map(({ message }) => message)
      const worst = ['system.availability.seconds', 'queue', 'disk', 'load', 'load', 'memory']
      expect(await list('severity')).toEqual(worst)
      for (let offset = 0; offset < 7; offset++)
        expect(await list('severity', { offset, limit: 2 })).toEqual(worst.slice(offset, offset + 2))
      expect(await list('severity', { severity: 2 })).toEqual(['disk', 'load'])
      const newest = await list('newest')
      expect(await list('oldest')).toEqual(newest.toReversed())
      expect(await list('oldest', { offset: 1, limit: 2 })).toEqual(newest.toReversed().slice(1, 3))
      // An event of several hosts belongs to none of them alone.
      expect(await list('host')).toEqual([worst[0] ?? '', 'disk', 'load', 'memory', 'queue', 'load'])
      expect(await list('host', { facets: [['db']] })).toEqual([])
      // One of its hosts has to be in all that was chosen.
      await store.hosts.giveGroups('calm', ['role:web'])
      await store.hosts.giveGroups('db', ['site:a', 'role:db'])
      const ofSeveral = { metric: 'perf.system.availability.seconds' }
      for (const [facets, isListed] of [
        [[['role:web']], true],
        [[['role:web', 'role:db'], ['site:a']], true],
        [[['role:web'], ['site:a']], false],
      ] as const)
        expect(await list('host', { ...ofSeveral, facets })).toHaveLength(isListed ? 1 : 0)
      expect(await list('severity', { host: 'db' })).toEqual([worst[0] ?? '', 'disk', 'load', 'memory'])
    })

    test('the times when events were open are given by slot and by host', async () => {
      await say('web', open('queue', 2, 40), {
        ...open('queue', 2, 55),
        uid: 'queue-40',
        change: 2,
        status: 'closed',
      })
      const from = MIDNIGHT + 60 * 3
      const times = await store.events.listOpenTimes({}, from, 900)
      const sorted = times
        .map(({ severity, opened, closed, count }) => [severity, opened, closed, count])
        .sort()
      expect(sorted).toEqual(
        [
          // What was open before counts from the beginning of the time, all of a severity together.
          [1, MIDNIGHT, null, 1],
          [1, MIDNIGHT, MIDNIGHT, 1],
          [2, from, null, 2],
          [2, MIDNIGHT + 1800, MIDNIGHT + 2700, 1],
          [3, MIDNIGHT, null, 1],
          [4, MIDNIGHT, null, 1],
        ].sort(),
      )
    })

    test('for one host they are exact, by slot, however many events there are', async () => {
      const close = (minute: number, from: number): EventReport => ({
        ...open('queue', 2, minute),
        uid: `queue-${from}`,
        change: 2,
        status: 'closed',
      })
      await say('web', open('queue', 2, 40), close(55, 40))
      await store.watch.report(
        [{ host: null, members: ['calm', 'db'], report: open('system.availability.seconds', 1, 7) }],
        MIDNIGHT,
      )
      const from = MIDNIGHT + 60 * 3
      const found = await store.events.listOpenTimesOf(['web', 'calm', 'nobody'], from, 900)
      expect([...found.keys()].sort()).toEqual(['calm', 'web'])
      const sort = (times: readonly OpenPeriod[] = []) =>
        [...times].sort((a, b) => a.opened - b.opened || a.severity - b.severity)
      expect(sort(found.get('web'))).toEqual([
        // It closed as it opened, two minutes after the beginning.
        { severity: 1, opened: from, closed: from + 900, count: 1, isSilence: false },
        { severity: 3, opened: from, closed: null, count: 1, isSilence: false },
        { severity: 2, opened: from + 1800, closed: from + 3600, count: 1, isSilence: false },
      ])
      expect(sort(found.get('calm'))).toEqual([
        { severity: 1, opened: MIDNIGHT + 420, closed: null, count: 1, isSilence: true },
      ])
      // What ended at the very end of a slot is none of the next.
      const later = await store.events.listOpenTimesOf(['web'], MIDNIGHT + 3300 - 900, 900)
      expect(later.get('web')?.find(({ severity }) => severity === 2)?.closed).toBe(MIDNIGHT + 3300)
      expect((await store.events.listOpenTimesOf(['web'], MIDNIGHT + 3400, 900)).get('web')).toHaveLength(1)
      expect((await store.events.listOpenTimesOf([], 0, 900)).size).toBe(0)

      // More than any list of events holds.
      for (let i = 0; i < 5; i++)
        await say(
          'many',
          ...Array.from({ length: 300 }, (_, k): EventReport[] => [
            open(`m${i}-${k}`, 3, 100),
            { ...open(`m${i}-${k}`, 3, 100), change: 2, time: MIDNIGHT + 6060, status: 'closed' },
          ]).flat(),
        )
      await say(
        'many',
        { ...open('old', 1, 10) },
        { ...open('old', 1, 10), change: 2, time: MIDNIGHT + 700, status: 'closed' },
      )
      expect(sort((await store.events.listOpenTimesOf(['many'], MIDNIGHT, 600)).get('many'))).toEqual([
        { severity: 1, opened: MIDNIGHT + 600, closed: MIDNIGHT + 1200, count: 1, isSilence: false },
        { severity: 3, opened: MIDNIGHT + 6000, closed: MIDNIGHT + 6600, count: 1500, isSilence: false },
      ])
    })

    test('open events are counted for the hosts that are asked for', async () => {
      expect(await store.events.countOpenOf(['db', 'web', 'calm', 'nobody'])).toEqual(
        new Map([
          ['db', { 1: 0, 2: 2, 3: 0, 4: 1 }],
          ['web', { 1: 0, 2: 0, 3: 1, 4: 0 }],
        ]),
      )
      expect(await store.events.countOpenOf([])).toEqual(new Map())
    })

    test('an event of several hosts counts for none of them', async () => {
      const report = open('system.availability.seconds', 1, 7)
      await store.watch.report([{ host: null, members: ['calm', 'db'], report }], MIDNIGHT)
      expect((await store.events.countOpenOf(['calm', 'db'])).get('calm')).toBeUndefined()
      expect(await store.events.countBySeverity({ status: 'open' })).toEqual({ 1: 2, 2: 2, 3: 1, 4: 1 })
    })

    test('hosts are listed by their worst open event, those without one last, in pages', async () => {
      const list = async (more: object) =>
        (await store.hosts.list({ sort: 'events', upSince: MIDNIGHT, ...more })).hosts.map(({ name }) => name)
      expect(await list({})).toEqual(['mail', 'db', 'web', 'calm'])
      expect(await list({ descending: true })).toEqual(['calm', 'web', 'db', 'mail'])
      expect(await list({ limit: 2, offset: 1 })).toEqual(['db', 'web'])
      await store.hosts.giveGroups('web', ['shop'])
      await store.hosts.giveGroups('calm', ['shop'])
      expect(await list({ group: 'shop', search: 'CAL', status: 'up' })).toEqual(['calm'])
      expect(await list({ group: 'shop' })).toEqual(['web', 'calm'])
    })

    test('many are changed together, each once, with the same history as one by one', async () => {
      const ids = async (more: object) => (await store.events.list(more)).events.map(({ id }) => id)
      for (let i = 0; i < 130; i++) await say('calm', open(`storm${i}`, 3, 10))
      const storm = await ids({ host: 'calm' })
      const [closed = 0] = await ids({ host: 'web', status: 'closed' })
      const changed = await store.events.changeAll('close', [...storm, closed, 999_999], {
        by: 'ann',
        at: MIDNIGHT + 900,
        comment: 'power',
      })
      expect(changed.sort((a, b) => a - b)).toEqual(storm.sort((a, b) => a - b))
      expect(await store.events.changeAll('close', storm, { by: 'bob', at: MIDNIGHT + 901 })).toEqual([])
      expect(await ids({ host: 'calm', status: 'open' })).toEqual([])
      expect((await store.events.history(storm[0] ?? 0)).at(-1)).toMatchObject({
        action: 'closed',
        actor: 'ann',
        comment: 'power',
      })
      expect(
        await store.events.changeAll('reopen', storm.slice(0, 2), { by: 'ann', at: MIDNIGHT + 902 }),
      ).toHaveLength(2)
      expect(await store.events.changeAll('acknowledge', [], { by: 'ann', at: MIDNIGHT })).toEqual([])
      // What another user looks after is taken over one by one, never along with others.
      const [first = 0, second = 0] = storm
      await store.events.acknowledge(first, 'ann', MIDNIGHT + 903)
      const both = { by: 'bob', at: MIDNIGHT + 904 }
      expect(await store.events.changeAll('acknowledge', [first, second], both)).toEqual([second])
      expect((await store.events.find(first))?.acknowledgedBy).toBe('ann')
      expect(await store.events.acknowledge(first, 'bob', MIDNIGHT + 905)).toBe(true)
      expect(await store.maintenance.check()).toEqual([])
    })

    test('whatever a user or the server changes reaches pages that are open', async () => {
      const [{ id } = { id: 0 }] = (await store.events.list({ host: 'web', status: 'open' })).events
      const changes: Readonly<Record<string, () => Promise<unknown>>> = {
        acknowledge: () => store.events.acknowledge(id, 'ann', MIDNIGHT + 700),
        comment: () => store.events.comment(id, 'ann', MIDNIGHT + 701, 'looking'),
        close: () => store.events.close(id, 'ann', MIDNIGHT + 702),
        reopen: () => store.events.reopen(id, 'ann', MIDNIGHT + 703),
        report: () => store.events.report('calm', [open('certificate', 3, 8)]),
        watch: () =>
          store.watch.report([{ host: 'calm', members: [], report: open('silent', 1, 9) }], MIDNIGHT),
        groups: () => store.hosts.giveGroups('calm', ['quiet']),
      }
      const revision = async () => (await store.hosts.revision()) + (await store.events.revision())
      for (const [what, change] of Object.entries(changes)) {
        const before = await revision()
        await change()
        expect({ what, grew: (await revision()) > before }).toEqual({ what, grew: true })
      }
      const before = await revision()
      await store.events.close(999_999, 'ann', MIDNIGHT)
      await store.hosts.giveGroups('nobody', ['quiet'])
      expect(await revision()).toBe(before)
    })
  })
}
