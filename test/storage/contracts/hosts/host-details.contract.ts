import { beforeEach, describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../../src/domain/event.ts'
import type { AgentProgram } from '../../../../src/domain/hosts/host.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aReport, FACTS, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

const METRIC = 'perf.filesystem.dev.sda1.percent.used'

/** What every database must keep of the details that sentences about problems draw on. */
export function describeHostDetails(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store

    openEach(makeWorkbench, (opened) => {
      ;({ bench, store } = opened)
    })

    test('mount points are those that the agent reported last, and stay while it sends no facts', async () => {
      const tell = (mounts?: Record<string, string>) =>
        store.ingest.write([aReport('db01', { facts: { ...FACTS, ...(mounts && { mounts }) } })])
      const found = async () => (await store.hosts.find('db01'))?.mounts
      await tell({ 'dev.sda1': '/', 'dev.mapper.vg0-pg': '/var/lib/пг "x"' })
      expect(await found()).toEqual({ 'dev.sda1': '/', 'dev.mapper.vg0-pg': '/var/lib/пг "x"' })
      await store.ingest.write([aReport('db01', { facts: null })])
      expect(await found()).toEqual({ 'dev.sda1': '/', 'dev.mapper.vg0-pg': '/var/lib/пг "x"' })
      await tell({ 'dev.sda1': '/data' })
      expect(await found()).toEqual({ 'dev.sda1': '/data' })
      await tell()
      expect(await found()).toBeUndefined()
    })

    test('what an agent says of its program is kept, also where that is only how it was let in', async () => {
      const programs: AgentProgram[] = [
        { version: '1.2.0', fingerprints: ['ab'.repeat(32)], admission: 'previous' },
        { version: '', fingerprints: [], admission: 'current' },
        { version: '1.2.0', fingerprints: [] },
      ]
      for (const program of programs) {
        await store.ingest.write([aReport('db01', { facts: { ...FACTS, program } })])
        await store.close()
        store = await bench.open(fakeClock(MIDNIGHT * 1000))
        expect((await store.hosts.find('db01'))?.program).toEqual(program)
      }
    })

    test('the newest frame is kept, also of reports that are no sign of life, as those of an import', async () => {
      for (const minute of [0, 1, 2]) {
        const time = MIDNIGHT + 60 * minute
        const frames = [{ time, metrics: [METRIC], values: [minute] }]
        await store.ingest.write([aReport('db01', { isGreeting: true, frames })])
      }
      await store.close()
      store = await bench.open(fakeClock(MIDNIGHT * 1000))
      expect(await store.hosts.find('db01')).toMatchObject({
        latestTime: MIDNIGHT + 120,
        latest: { [METRIC]: 2 },
      })
    })

    test('which agent it is, and how that spells names, is kept until another agent sends facts', async () => {
      const tell = (agent: string | null, spellings?: Record<string, string>) =>
        store.ingest.write([
          aReport('win01', {
            facts: { ...FACTS, ...(agent !== null && { agent }) },
            ...(spellings && { spellings }),
          }),
        ])
      const found = async () => {
        const host = await store.hosts.find('win01')
        return [host?.agent, host?.spellings]
      }
      await tell('original 2018', { 'perf.service.a_b.state': 'perf.service.a$b.state' })
      await tell('original 2019', { 'perf.service.ü_.state': 'perf.service.ü .state' })
      await tell('original 2019', { 'perf.service.a_b.state': 'perf.service.a b.state' })
      const spellings = {
        'perf.service.a_b.state': 'perf.service.a b.state',
        'perf.service.ü_.state': 'perf.service.ü .state',
      }
      expect(await found()).toEqual(['original 2019', spellings])
      const query = { search: 'Original 2019', upSince: 0 }
      expect((await store.hosts.list(query)).hosts.map((host) => host.name)).toEqual(['win01'])
      await tell(null)
      expect(await found()).toEqual([undefined, spellings])
      expect((await store.hosts.list(query)).total).toBe(0)
      const many = Array.from({ length: 1000 }, (_, i) => [`a_${i}`, `a ${i}`])
      await tell(null, Object.fromEntries(many))
      expect(Object.keys((await store.hosts.find('win01'))?.spellings ?? {})).toHaveLength(300)
    })

    test('an event has the value of its newest change, which its end does not take away', async () => {
      const say = (change: number, more: Partial<EventReport>) =>
        store.ingest.write([
          aReport('db01', {
            events: [
              {
                uid: 'u1',
                change,
                time: MIDNIGHT + change,
                metric: METRIC,
                severity: 3,
                status: 'open',
                message: 'Filesystem dev.sda1 percent used > 90',
                ...more,
              },
            ],
          }),
        ])
      const value = async () => (await store.events.list({})).events[0]?.value
      await say(1, { value: 93.25 })
      expect(await value()).toBe(93.25)
      await say(2, { severity: 2, value: 95.125 })
      expect(await value()).toBe(95.125)
      await say(3, { status: 'closed' })
      expect(await value()).toBe(95.125)
      const [change] = await store.outbox.listChanges(1)
      expect(change?.event).toMatchObject({ value: 93.25 })
    })

    describe('undoing what somebody did', () => {
      const report = {
        uid: 'u1',
        change: 1,
        time: MIDNIGHT,
        metric: METRIC,
        severity: 3,
        status: 'open',
      } as const
      const at = MIDNIGHT + 100
      let id = 0
      const state = async () => {
        const event = await store.events.find(id)
        return [event?.status, event?.acknowledgedBy, event?.closed]
      }
      beforeEach(async () => {
        await store.ingest.write([aReport('db01', { events: [{ ...report, message: 'full' }] })])
        // On a database server, ids continue from the previous test.
        id = (await store.events.list({})).events[0]?.id ?? 0
      })

      test('gives an acknowledgement back to who had it before', async () => {
        await store.events.acknowledge(id, 'ann', at)
        expect(await store.events.undo('acknowledge', { by: 'ann', done: at, at: at + 5 })).toEqual({
          undone: [id],
          kept: [],
        })
        expect(await state()).toEqual(['open', null, null])
        await store.events.acknowledge(id, 'bob', at + 10)
        await store.events.acknowledge(id, 'ann', at + 20)
        await store.events.undo('acknowledge', { by: 'ann', done: at + 20, at: at + 25, ids: [id] })
        expect(await state()).toEqual(['open', 'bob', null])
        const history = await store.events.history(id)
        expect(history.at(-1)).toMatchObject({ action: 'unacknowledged', actor: 'ann', noted: at + 25 })
      })

      test('opens what was closed, with who had acknowledged it, and lets the agent end it', async () => {
        await store.events.acknowledge(id, 'bob', at)
        await store.events.close(id, 'ann', at + 1)
        expect(await store.events.undo('close', { by: 'ann', done: at + 1, at: at + 4 })).toEqual({
          undone: [id],
          kept: [],
        })
        expect(await state()).toEqual(['open', 'bob', null])
        const end = { ...report, change: 2, status: 'closed', time: at + 60, message: 'full' } as const
        await store.ingest.write([aReport('db01', { events: [end] })])
        expect(await state()).toEqual(['closed', 'bob', at + 60])
      })

      test('leaves what somebody else changed meanwhile, and says who', async () => {
        await store.events.acknowledge(id, 'ann', at)
        await store.events.close(id, 'bob', at + 2)
        expect(await store.events.undo('acknowledge', { by: 'ann', done: at, at: at + 5 })).toEqual({
          undone: [],
          kept: [{ id, action: 'closed', actor: 'bob', time: at + 2 }],
        })
        expect(await state()).toEqual(['closed', 'ann', at + 2])
      })

      test('leaves a problem closed that has ended meanwhile', async () => {
        await store.events.close(id, 'ann', at)
        const end = { ...report, change: 2, status: 'closed', time: at + 3, message: 'full' } as const
        await store.ingest.write([aReport('db01', { events: [end] })])
        const { undone, kept } = await store.events.undo('close', { by: 'ann', done: at, at: at + 5 })
        expect([undone, kept.map((one) => one.id)]).toEqual([[], [id]])
        expect((await state())[0]).toBe('closed')
      })

      test('undoes neither what another did, nor at another time, nor of another event', async () => {
        await store.events.acknowledge(id, 'ann', at)
        const none = { undone: [], kept: [] }
        expect(await store.events.undo('acknowledge', { by: 'bob', done: at, at: at + 5 })).toEqual(none)
        expect(await store.events.undo('acknowledge', { by: 'ann', done: at + 1, at: at + 5 })).toEqual(none)
        expect(
          await store.events.undo('acknowledge', { by: 'ann', done: at, at: at + 5, ids: [id + 1] }),
        ).toEqual(none)
        expect(await store.events.undo('close', { by: 'ann', done: at, at: at + 5 })).toEqual(none)
        expect(await state()).toEqual(['open', 'ann', null])
      })
    })

    test('an event of an agent that sends no value has none', async () => {
      const report = {
        uid: null,
        change: 0,
        time: MIDNIGHT,
        metric: METRIC,
        severity: 3,
        status: 'open',
      } as const
      await store.ingest.write([aReport('db01', { events: [{ ...report, message: 'full' }] })])
      expect((await store.events.list({})).events[0]?.value).toBeNull()
    })
  })
}
