import { describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../../src/domain/event.ts'
import { dateClosings, readLegacyEvents } from '../../../../src/protocol/event-report.ts'
import { Tally } from '../../../../src/protocol/rejection-tally.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { aReport, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

const MINUTE = 60

/** What every database must make of the events that agents of the original send. */
export function describeOriginalEvents(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    openEach(makeWorkbench, (opened) => {
      store = opened.store
    })

    /** A row of the agent's own table: its time stays that of the opening when its status becomes 0. */
    const row = (minute: number, status: 0 | 1, severity = 3) => ({
      time: MIDNIGHT + minute * MINUTE,
      monitor: 'perf.memory.percent.used',
      message: `from ${minute}`,
      status,
      severity,
    })

    /** A packet at a minute, by a host that has not sent any facts. */
    async function send(minute: number, ...rows: ReturnType<typeof row>[]) {
      const now = MIDNIGHT + minute * MINUTE
      const events: EventReport[] = dateClosings(readLegacyEvents(rows, now, new Tally()), now)
      await store.ingest.write([aReport('web01', { facts: null, seen: now, events })])
    }

    const list = async () =>
      (await store.events.list({})).events
        .map(({ opened, closed, severity }) => ({
          opened: (opened - MIDNIGHT) / MINUTE,
          closed: closed === null ? null : (closed - MIDNIGHT) / MINUTE,
          severity,
        }))
        .sort((a, b) => a.opened - b.opened)

    test('a closing ends the event at the time of its packet', async () => {
      await send(1, row(1, 1))
      expect(await list()).toEqual([{ opened: 1, closed: null, severity: 3 }])
      for (let again = 0; again < 3; again++) await send(16 + again, row(1, 0))
      expect(await list()).toEqual([{ opened: 1, closed: 16, severity: 3 }])
    })

    test('an event that opened and closed while the server was away is stored as closed, once', async () => {
      for (let again = 0; again < 2; again++) await send(40 + again, row(10, 0), row(20, 0))
      expect(await list()).toEqual([
        { opened: 10, closed: 20, severity: 3 },
        { opened: 20, closed: 40, severity: 3 },
      ])
      const changes = await store.outbox.listChanges(10)
      expect(changes.map(({ event: { status, wasMissed } }) => ({ status, wasMissed }))).toEqual([
        { status: 'closed', wasMissed: true },
        { status: 'closed', wasMissed: true },
      ])
    })

    test('a change of severity, sent as a closing and an opening, leaves the newer one open, also when it is sent again', async () => {
      await send(1, row(1, 1, 4))
      for (let again = 0; again < 2; again++) await send(9 + again, row(1, 0, 4), row(8, 1, 2))
      expect(await list()).toEqual([
        { opened: 1, closed: 8, severity: 4 },
        { opened: 8, closed: null, severity: 2 },
      ])
      await send(12, row(8, 0, 2))
      expect((await list())[1]).toEqual({ opened: 8, closed: 12, severity: 2 })
    })

    test('a change of severity is the same whatever the order of its rows, also with a clock that is fast', async () => {
      await send(1, row(1, 1, 4))
      for (let again = 0; again < 2; again++) await send(9 + again, row(8, 1, 2), row(1, 0, 4))
      await send(20, row(8, 0, 2), row(18, 1, 1), row(12, 0, 3), row(12, 0, 3))
      expect(await list()).toEqual([
        { opened: 1, closed: 8, severity: 4 },
        { opened: 8, closed: 12, severity: 2 },
        { opened: 12, closed: 18, severity: 3 },
        { opened: 18, closed: null, severity: 1 },
      ])
      await send(25, row(918, 1, 2), row(900, 0, 1))
      expect((await list()).slice(3)).toEqual([
        { opened: 18, closed: 25, severity: 1 },
        { opened: 25, closed: null, severity: 2 },
      ])
    })

    test('the closing of an older event, sent late, does not end the newer one', async () => {
      await send(1, row(1, 1))
      await send(5, row(1, 0), row(5, 1))
      await send(7, row(1, 0))
      expect((await list()).map(({ closed }) => closed)).toEqual([5, null])
    })

    test('an event of an agent whose clock is fast is taken at once, as of now', async () => {
      await send(1, row(900, 1))
      await send(4, row(900, 0))
      expect(await list()).toEqual([{ opened: 1, closed: 4, severity: 3 }])
    })
  })
}
