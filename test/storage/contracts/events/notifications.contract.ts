import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../../src/domain/event.ts'
import type { Notified, Rule } from '../../../../src/domain/notifications/rule.ts'
import type { MaintenanceSchedule } from '../../../../src/domain/time/maintenance-window.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aReport, MIDNIGHT } from '../../reports.ts'
import type { Workbench } from '../store.contract.ts'

const METRIC = 'perf.memory.percent.used'

const A_RULE: Omit<Rule, 'id'> = {
  name: 'all',
  enabled: true,
  host: '%',
  metric: '%',
  severities: [1, 2, 3, 4],
  onOpening: true,
  onClosing: true,
  onSeverityChange: false,
  channel: 'mail',
  target: 'ann@example.org',
  delay: 0,
  repeat: null,
}

const TOLD: Notified = { since: MIDNIGHT, opening: true, closing: false, severity: 2, last: MIDNIGHT }

function aChange(uid: string | null, change: number, more: Partial<EventReport> = {}): EventReport {
  const time = MIDNIGHT + change * 60
  return { uid, change, time, metric: METRIC, severity: 2, status: 'open', message: 'too much', ...more }
}

/** Changes of events, and how they become notifications, in every database. */
export function describeNotifications(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store

    beforeEach(async () => {
      bench = makeWorkbench()
      store = await bench.open(fakeClock(MIDNIGHT * 1000))
    })
    afterEach(async () => {
      expect(await store.maintenance.check()).toEqual([])
      await store.close()
      await bench.remove()
    })

    const say = (...events: EventReport[]) =>
      store.ingest.write([aReport('web01', { seen: MIDNIGHT + 5000, events })])
    const list = async () => (await store.events.list({})).events
    const actions = async (id: number) => (await store.events.history(id)).map(({ action }) => action)
    const onlyId = async () => (await list())[0]?.id ?? -1

    describe('changes of events', () => {
      test('that come with another id end the event that its agent has forgotten', async () => {
        await say(aChange('u1', 1))
        await say(aChange('u2', 10))
        expect(await list()).toMatchObject([
          { status: 'open', opened: MIDNIGHT + 600 },
          { status: 'closed', opened: MIDNIGHT + 60, closed: MIDNIGHT + 600 },
        ])
        // An earlier report of the agent that arrives late does not open it again.
        await say(aChange('u1', 2, { severity: 1 }), aChange('u1', 3, { status: 'closed' }))
        expect((await list())[1]).toMatchObject({ status: 'closed', closed: MIDNIGHT + 180 })
        expect((await store.events.list({ status: 'open' })).total).toBe(1)
      })

      test('of an older event that arrive after a newer one opened do not change the newer one', async () => {
        await say(aChange('u2', 10))
        await say(aChange('u1', 1))
        expect(await list()).toMatchObject([{ status: 'open' }, { status: 'closed', closed: MIDNIGHT + 600 }])
      })

      test('make a complete history even if the closing arrives first', async () => {
        await say(aChange('u1', 3, { status: 'closed' }))
        await say(aChange('u1', 1))
        const id = await onlyId()
        expect(await actions(id)).toEqual(['opened', 'closed'])
        expect(await store.events.find(id)).toMatchObject({ opened: MIDNIGHT + 60, closed: MIDNIGHT + 180 })
        expect((await store.outbox.listChanges(9)).map(({ event }) => event.status)).toEqual([
          'open',
          'closed',
        ])
      })

      test('say when the metric stops coming and comes again', async () => {
        await say(aChange('u1', 1), aChange('u1', 2, { stale: true }))
        const id = await onlyId()
        expect(await store.events.find(id)).toMatchObject({ isStale: true, status: 'open' })
        await say(aChange('u1', 3))
        expect(await store.events.find(id)).toMatchObject({ isStale: false })
        expect(await actions(id)).toEqual(['opened', 'stale', 'fresh'])
        expect(await store.outbox.listChanges(9)).toHaveLength(1)
      })

      test('of an agent that lost its state: a closing without an id ends what is open of the metric, and nothing newer', async () => {
        const ending = (minute: number) => aChange(null, minute, { change: 0, status: 'closed', message: '' })
        await say(aChange('u1', 1), aChange('u1', 2, { severity: 1 }))
        await say(ending(9), ending(10))
        expect(await list()).toMatchObject([
          { status: 'closed', closed: MIDNIGHT + 540, severity: 1, message: 'too much' },
        ])
        await say(aChange('u1', 2, { severity: 1 }))
        await say(aChange('u2', 20))
        await say(ending(10))
        expect(await list()).toMatchObject([{ status: 'open' }, { status: 'closed', closed: MIDNIGHT + 540 }])
      })

      test('of the original agent do not undo what users decided', async () => {
        const opened = aChange(null, 0, { time: MIDNIGHT + 60 })
        await say(opened)
        const id = await onlyId()
        await store.events.close(id, 'ann', MIDNIGHT + 100, 'known')
        await say({ ...opened, time: MIDNIGHT + 200, severity: 1 })
        expect(await list()).toMatchObject([{ id, status: 'closed' }])
        await say({ ...opened, time: MIDNIGHT + 300, status: 'closed' })
        await say({ ...opened, time: MIDNIGHT + 400 })
        expect(await list()).toMatchObject([{ status: 'open' }, { id, status: 'closed' }])
      })

      test('by users are recorded with their comments, and an event is reopened only while no other is open', async () => {
        await say(aChange('u1', 1))
        const id = await onlyId()
        expect(await store.events.acknowledge(id, 'ann', MIDNIGHT + 70, 'on it')).toBe(true)
        expect(await store.events.acknowledge(id, 'ann', MIDNIGHT + 71)).toBe(false)
        expect(await store.events.acknowledge(id, 'ann', MIDNIGHT + 71, 'on it')).toBe(false)
        expect(await store.events.acknowledge(id, 'bob', MIDNIGHT + 72)).toBe(true)
        expect(await store.events.comment(id, 'bob', MIDNIGHT + 73, 'a leak')).toBe(true)
        expect(await store.events.comment(999, 'bob', MIDNIGHT + 73, 'nothing')).toBe(false)
        expect(await store.events.find(id)).toMatchObject({
          acknowledgedBy: 'bob',
          acknowledged: MIDNIGHT + 72,
        })
        expect(await store.events.close(id, 'bob', MIDNIGHT + 80)).toBe(true)
        expect(await store.events.acknowledge(id, 'ann', MIDNIGHT + 81)).toBe(false)
        await say(aChange('u2', 10))
        expect(await store.events.reopen(id, 'bob', MIDNIGHT + 700)).toBe(false)
        expect(await store.events.history(id)).toMatchObject([
          { action: 'opened', noted: MIDNIGHT + 5000, actor: null },
          { action: 'acknowledged', actor: 'ann', comment: 'on it' },
          { action: 'acknowledged', actor: 'bob', comment: null },
          { action: 'comment', actor: 'bob', comment: 'a leak' },
          { action: 'closed', actor: 'bob', time: MIDNIGHT + 80 },
        ])
      })
    })

    describe('events of several hosts', () => {
      test('belong to each of them and grow', async () => {
        for (const host of ['web01', 'web02', 'web']) await store.ingest.write([aReport(host)])
        const tell = (change: number, members: string[], status: 'open' | 'closed') =>
          store.watch.report(
            [{ host: null, members, report: aChange('group', change, { status }) }],
            MIDNIGHT + 900,
            { name: 'group', value: status === 'open' ? 'kept' : null },
          )
        await tell(1, ['web01'], 'open')
        await tell(2, ['web01', 'web02'], 'open')
        expect(await store.watch.recall('group')).toBe('kept')
        for (const [host, total] of [
          ['web01', 1],
          ['web02', 1],
          ['web', 0],
        ] as const)
          expect((await store.events.list({ host })).total).toBe(total)
        const id = await onlyId()
        expect(await store.events.find(id)).toMatchObject({ host: '2 hosts', members: ['web01', 'web02'] })
        await tell(3, ['web01', 'web02'], 'closed')
        expect(await actions(id)).toEqual(['opened', 'joined', 'closed'])
        expect(await store.watch.recall('group')).toBeNull()
      })
    })

    describe('rules, windows and targets', () => {
      test('are kept as they were written, under names of their own', async () => {
        const id = (await store.rules.add(A_RULE)) ?? -1
        expect(await store.rules.find(id)).toEqual({ ...A_RULE, id })
        expect(await store.rules.add(A_RULE)).toBeNull()
        const other =
          (await store.rules.add({ ...A_RULE, name: 'a few', severities: [1, 3], repeat: 60 })) ?? -1
        expect((await store.rules.list()).map((rule) => rule.name)).toEqual(['a few', 'all'])
        expect(await store.rules.update({ ...A_RULE, id: other })).toBe('taken')
        expect(await store.rules.update({ ...A_RULE, id, enabled: false, delay: 5 })).toBe('updated')
        expect(await store.rules.find(id)).toEqual({ ...A_RULE, id, enabled: false, delay: 5 })
        expect(await store.rules.update({ ...A_RULE, name: 'none', id: 999 })).toBe('unknown')
        // Somebody has changed it since the caller looked: nothing is written.
        const stale = (rule: { delay: number }) => rule.delay === 0
        expect(await store.rules.update({ ...A_RULE, id, delay: 9 }, stale)).toBe('outdated')
        expect(await store.rules.find(id)).toMatchObject({ enabled: false, delay: 5 })
        expect(await store.rules.update({ ...A_RULE, id, delay: 9 }, ({ delay }) => delay === 5)).toBe(
          'updated',
        )
        expect([await store.rules.delete(id), await store.rules.delete(id)]).toEqual([true, false])
      })

      test('a window may be of any kind', async () => {
        const kinds: MaintenanceSchedule[] = [
          { kind: 'once', from: MIDNIGHT, to: MIDNIGHT + 60 },
          { kind: 'daily', start: 0, end: 60, zone: 'UTC' },
          { kind: 'weekly', start: 1320, end: 360, zone: 'Europe/Berlin', days: [1, 7] },
          { kind: 'monthly', start: 0, end: 0, zone: 'UTC', days: [1, -1] },
        ]
        for (const when of kinds) {
          const window = { name: when.kind, host: 'wéb*', when }
          const id = (await store.maintenanceWindows.add(window)) ?? -1
          expect(await store.maintenanceWindows.find(id)).toEqual({ ...window, id })
        }
        expect(await store.maintenanceWindows.list()).toHaveLength(4)
      })

      test('a target stays while a rule uses it, and takes its rules along when it is renamed', async () => {
        const target = { name: 'ops', channel: 'mail', address: 'ann@example.org' }
        const id = (await store.targets.add(target)) ?? -1
        const rule = (await store.rules.add({ ...A_RULE, target: 'ops' })) ?? -1
        expect(await store.targets.delete(id)).toBe('used')
        expect(await store.targets.update({ ...target, id, name: 'night' })).toBe('updated')
        expect(await store.rules.find(rule)).toMatchObject({ target: 'night' })
        await store.rules.delete(rule)
        expect(await store.targets.delete(id)).toBe('deleted')
        expect(await store.targets.delete(id)).toBe('unknown')
      })
    })

    describe('the outbox', () => {
      let rule: Rule
      beforeEach(async () => {
        rule = { ...A_RULE, id: (await store.rules.add(A_RULE)) ?? -1 }
      })

      /** Writes a notification for the oldest change that waits. */
      async function completeOldest(uid: string, recheckAt: number | null = null) {
        const [change] = await store.outbox.listChanges(1)
        if (!change) throw new Error('no change waits')
        const { event, id } = change
        const notification = {
          uid,
          rule,
          kind: 'opening',
          channel: 'mail',
          target: 'ann',
          snapshot: event,
        } as const
        const decided = {
          event: event.id,
          change: id,
          notified: [{ rule: rule.id, notified: TOLD, recheckAt }],
          notifications: [notification],
        }
        await store.outbox.settle([decided], MIDNIGHT + 6000)
        return decided
      }

      test('has every change as it was, with the time of the next one, until it is answered once', async () => {
        await say(aChange('u1', 1), aChange('u1', 2, { severity: 1 }), aChange('u1', 3, { status: 'closed' }))
        const changes = await store.outbox.listChanges(9)
        expect(changes).toMatchObject([
          { event: { severity: 2, status: 'open' }, changed: MIDNIGHT + 60, followed: MIDNIGHT + 120 },
          { event: { severity: 1, status: 'open' }, changed: MIDNIGHT + 120, followed: MIDNIGHT + 180 },
          { event: { severity: 2, status: 'closed' }, changed: MIDNIGHT + 180, followed: null },
        ])
        const decided = await completeOldest('n1')
        await store.outbox.settle([decided], MIDNIGHT + 6001)
        expect(await store.outbox.listChanges(9)).toHaveLength(2)
        expect(await store.outbox.listWaiting(9)).toMatchObject([
          { uid: 'n1', created: MIDNIGHT + 6000, attempts: 0, snapshot: { severity: 2 } },
        ])
        expect(await store.outbox.listNotified(decided.event)).toEqual([
          { rule: rule.id, notified: TOLD, recheckAt: null },
        ])
      })

      test('has no time later than the one at which the server received the report', async () => {
        await say(aChange('u1', 1, { time: MIDNIGHT + 90_000 }))
        expect(await store.outbox.listChanges(9)).toMatchObject([
          { opened: MIDNIGHT + 5000, changed: MIDNIGHT + 5000, event: { opened: MIDNIGHT + 90_000 } },
        ])
      })

      test('lists what is to be evaluated again, except while a change of the event waits', async () => {
        await say(aChange('u1', 1))
        await completeOldest('n1', MIDNIGHT + 7000)
        expect(await store.outbox.listDue(MIDNIGHT + 6999, 9)).toEqual([])
        expect(await store.outbox.listDue(MIDNIGHT + 7000, 9)).toMatchObject([
          { event: { status: 'open' }, opened: MIDNIGHT + 60, changed: MIDNIGHT + 60 },
        ])
        await say(aChange('u1', 2, { severity: 1 }))
        expect(await store.outbox.listDue(MIDNIGHT + 7000, 9)).toEqual([])
      })

      test('a notification bound to its own uid counts as one that is sent alone', async () => {
        await say(aChange('u1', 1))
        await completeOldest('n1')
        const ids = (await store.outbox.listWaiting(9)).map(({ id }) => id)
        expect(await store.outbox.listWaiting(9)).toMatchObject([{ digest: null, isAlone: false }])
        await store.outbox.bind(ids, 'n1')
        expect(await store.outbox.listWaiting(9)).toMatchObject([{ digest: null, isAlone: true }])
        await store.outbox.bind(ids, 'd1')
        expect(await store.outbox.listWaiting(9)).toMatchObject([{ digest: null, isAlone: true }])
        const attempt = {
          notifications: ids,
          time: MIDNIGHT + 6010,
          isDelivered: true,
          answer: 'ok',
          due: null,
        }
        await store.outbox.note(attempt)
        expect(await store.outbox.countSent(MIDNIGHT)).toMatchObject([{ total: 1 }])
      })

      test('keeps attempts, digests and the outcome of each notification', async () => {
        await say(aChange('u1', 1), aChange('u1', 2, { severity: 1 }))
        await completeOldest('n1')
        await completeOldest('n2')
        const ids = (await store.outbox.listWaiting(9)).map(({ id }) => id)
        expect((await store.outbox.listWaiting(1)).map(({ uid }) => uid)).toEqual(['n1'])
        await store.outbox.bind(ids, 'd1')
        const attempt = { notifications: ids, time: MIDNIGHT + 6010 }
        await store.outbox.note({ ...attempt, isDelivered: false, answer: 'away', due: MIDNIGHT + 6020 })
        expect(await store.outbox.listWaiting(9)).toMatchObject([
          { attempts: 1, due: MIDNIGHT + 6020, digest: 'd1' },
          { attempts: 1, due: MIDNIGHT + 6020, digest: 'd1' },
        ])
        await store.outbox.note({
          ...attempt,
          notifications: ids.slice(0, 1),
          isDelivered: true,
          answer: 'ok',
          due: null,
        })
        await store.outbox.note({
          ...attempt,
          notifications: ids.slice(1),
          isDelivered: false,
          answer: 'no',
          due: null,
        })
        expect(await store.outbox.listWaiting(9)).toEqual([])
        expect(await store.events.deliveries(await onlyId())).toMatchObject([
          {
            state: 'sent',
            due: null,
            attempts: [{ isDelivered: false, answer: 'away' }, { isDelivered: true }],
          },
          { state: 'failed', due: null, attempts: [{ answer: 'away' }, { answer: 'no' }] },
        ])
        const event = (await store.events.list({ limit: 1 })).events[0]?.id ?? 0
        const sums = await store.events.deliverySums([event, event + 999])
        expect(sums.size).toBe(1)
        expect(sums.get(event)).toEqual({
          sent: 1,
          failed: 1,
          waiting: 0,
          receipt: { time: MIDNIGHT + 6010, isDelivered: true, answer: 'ok', channel: 'mail' },
        })
        expect((await store.events.deliverySums([])).size).toBe(0)
        // A digest does not count as many notifications.
        expect(await store.outbox.countSent(MIDNIGHT)).toEqual([])
      })

      test('counts what was taken alone, by target', async () => {
        await say(aChange('u1', 1))
        await completeOldest('n1')
        const [notification] = await store.outbox.listWaiting(9)
        await store.outbox.note({
          notifications: [notification?.id ?? -1],
          time: MIDNIGHT + 6010,
          isDelivered: true,
          answer: 'ok',
          due: null,
        })
        expect(await store.outbox.countSent(MIDNIGHT + 6010)).toEqual([
          { channel: 'mail', target: 'ann', total: 1 },
        ])
        expect(await store.outbox.countSent(MIDNIGHT + 6011)).toEqual([])
      })

      test('goes with its event, but for what still waits, and the promises to a host that is removed', async () => {
        await say(aChange('u1', 1))
        await completeOldest('n1')
        await store.hosts.delete('web01')
        expect(await store.outbox.listWaiting(9)).toHaveLength(1)
        const [change] = await store.outbox.listChanges(9)
        expect(change).toMatchObject({ event: { host: 'web01', status: 'closed' }, followed: null })
        expect(await store.outbox.listNotified(change?.event.id ?? -1)).toHaveLength(1)
        const none = {
          event: change?.event.id ?? -1,
          change: change?.id ?? -1,
          notified: [],
          notifications: [],
        }
        await store.outbox.settle([none], MIDNIGHT + 6000)
        expect(await store.outbox.listNotified(none.event)).toEqual([])
        const [notification] = await store.outbox.listWaiting(9)
        await store.outbox.note({
          notifications: [notification?.id ?? -1],
          time: MIDNIGHT + 6010,
          isDelivered: true,
          answer: 'ok',
          due: null,
        })
        expect(await store.events.deliveries(none.event)).toHaveLength(1)
        await store.maintenance.dropEvents(MIDNIGHT + 9000, 1000)
        expect(await store.events.deliveries(none.event)).toEqual([])
      })
    })

    describe('the lease', () => {
      test('is held by one at a time, until it is over or given back', async () => {
        const { takeLease, releaseLease } = store.watch
        expect(await takeLease('events', 'a', 1000, 30)).toBe(true)
        expect(await takeLease('events', 'b', 1010, 30)).toBe(false)
        expect(await takeLease('events', 'a', 1020, 30)).toBe(true)
        expect(await takeLease('events', 'b', 1051, 30)).toBe(true)
        await releaseLease('events', 'a')
        expect(await takeLease('events', 'a', 1052, 30)).toBe(false)
        await releaseLease('events', 'b')
        expect(await takeLease('events', 'a', 1053, 30)).toBe(true)
        // Whoever took it by a clock that was years ahead does not keep it for years.
        expect(await takeLease('events', 'a', 1_000_000, 30)).toBe(true)
        expect(await takeLease('events', 'b', 2000, 30)).toBe(true)
      })
    })

    test('what the engine watches: when hosts were last seen, whose clock differs, which problems are open', async () => {
      await store.ingest.write([
        aReport('web01', { seen: MIDNIGHT + 5, clockSkew: 100 }),
        aReport('web02', { seen: MIDNIGHT + 7, clockSkew: -200 }),
      ])
      await store.watch.report(
        [
          { host: 'web01', report: aChange('u1', 1) },
          { host: 'nobody', report: aChange('u2', 1) },
        ],
        MIDNIGHT,
      )
      expect((await store.watch.listLastSeen(MIDNIGHT + 7)).sort((a, b) => a.lastSeen - b.lastSeen)).toEqual([
        { name: 'web01', lastSeen: MIDNIGHT + 5 },
        { name: 'web02', lastSeen: MIDNIGHT + 7 },
      ])
      expect(await store.watch.listClocks()).toEqual([
        { name: 'web01', lastSeen: MIDNIGHT + 5, skew: 100 },
        { name: 'web02', lastSeen: MIDNIGHT + 7, skew: -200 },
      ])
      const seen = [{ host: 'web01', uid: 'u1', opened: MIDNIGHT + 60, message: 'too much' }]
      expect(await store.watch.listSeen(METRIC)).toEqual(seen)
      await store.events.close(await onlyId(), 'ann', MIDNIGHT + 100)
      expect(await store.watch.listSeen(METRIC)).toEqual(seen)
      await store.watch.report([{ host: 'web01', report: aChange('u1', 2, { status: 'closed' }) }], MIDNIGHT)
      expect(await store.watch.listSeen(METRIC)).toEqual([])
    })
  })
}
