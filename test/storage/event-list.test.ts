import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { Event } from '../../src/domain/event.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import type { Database } from '../../src/storage/database/database.ts'
import { type OpenDatabase, openDatabase } from '../../src/storage/database/open.ts'
import { writeConditions } from '../../src/storage/events/conditions.ts'
import { countEvents } from '../../src/storage/events/event-counts.ts'
import { EventList } from '../../src/storage/events/event-list.ts'
import { createStore } from '../../src/storage/open.ts'
import type { EventQuery } from '../../src/storage/ports/store.ts'
import { makeTempDir } from '../support/spawn.ts'
import { randomOf } from './random.ts'
import { aFrame, aReport, MIDNIGHT } from './reports.ts'

const log = createLog({ level: 'error', format: 'text' })
const EVENTS = 240
const HOSTS = ['web', 'db']

let dataDir: string
let opened: OpenDatabase
let all: readonly Event[]
/** Statements that read events. */
let statements: string[]
let counting: Database
let list: EventList

/** Random events of two hosts and of both together, some open. */
beforeAll(async () => {
  dataDir = makeTempDir()
  opened = await openDatabase('sqlite:monitor.db', { dataDir, clock: systemClock, log })
  const { database } = opened
  const store = createStore(opened, { clock: systemClock, log })
  await store.ingest.write(HOSTS.map((host) => aReport(host, { frames: [aFrame(MIDNIGHT, { m: 1 })] })))
  const next = randomOf(77)
  const at = (most: number) => Math.floor(next() * most)
  await database.transaction(async (transaction) => {
    for (let i = 0; i < EVENTS; i++) {
      const isOpen = i % 7 === 0
      // Several begin at the same time.
      const begin = MIDNIGHT + 60 * at(50)
      const host = i % 5 === 0 ? 0 : 1 + (i % 2)
      await transaction.run(
        `INSERT INTO event (host, metric, uid, change_number, severity, is_open, seen_open, closed_by_hand, message,
          opened, closed, members) VALUES (?, ?, ?, 2, ?, ?, ?, 0, '', ?, ?, ?)`,
        [
          host,
          `metric.${i % 10 < 6 ? 0 : 1 + (i % 3)}`,
          `event-${i}`,
          1 + at(4),
          isOpen ? 1 : 0,
          isOpen ? 1 : 0,
          begin,
          isOpen ? null : begin + at(500),
          host === 0 ? JSON.stringify(i % 2 === 0 ? HOSTS : ['db']) : null,
        ],
      )
    }
  })
  all = (await new EventList(database).read({ limit: 1000 })).events
  statements = []
  counting = {
    ...database,
    query: async (sql, values) => {
      if (/FROM event\b/.test(sql)) statements.push(sql)
      return database.query(sql, values)
    },
  }
  list = new EventList(counting)
})
afterAll(async () => {
  await opened.database.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const ofHost = (name: string, status: 'open' | 'closed') =>
  all.filter((event) => event.status === status && (event.host === name || event.members.includes(name)))

test('open events of a host, the worst first, take a statement for its own and one for those of several', async () => {
  expect(all).toHaveLength(EVENTS)
  for (const name of HOSTS) {
    const sorted = ofHost(name, 'open').toSorted(
      (a, b) => a.severity - b.severity || b.opened - a.opened || b.id - a.id,
    )
    expect(sorted.length).toBeGreaterThan(10)
    const query = { host: name, status: 'open', order: 'severity' } as const
    for (const [offset, limit] of [
      [0, 100],
      [0, 7],
      [5, 20],
      [sorted.length - 3, 20],
      [sorted.length + 5, 20],
      [0, sorted.length],
      [0, 0],
    ] as const) {
      const { events, total, isMore } = await list.read({ ...query, offset, limit })
      expect(events.map(({ id }) => id)).toEqual(sorted.slice(offset, offset + limit).map(({ id }) => id))
      expect([total, isMore]).toEqual([sorted.length, false])
    }
    for (const severity of [1, 2, 3, 4] as const) {
      const { events, total } = await list.read({ ...query, severity, limit: 5 })
      const wanted = sorted.filter((event) => event.severity === severity)
      expect(events).toEqual(wanted.slice(0, 5))
      expect(total).toBe(wanted.length)
    }
    statements.length = 0
    await list.read({ ...query, limit: 100 })
    expect(statements).toHaveLength(2)
    expect(statements.join()).not.toContain('COUNT')
  }
})

test('what is on the only page is not counted, and the totals of others are those of all', async () => {
  const isCounted = async (query: EventQuery) => {
    statements.length = 0
    const { total } = await list.read(query)
    return { total, counts: statements.filter((sql) => sql.includes('COUNT')).length > 0 }
  }
  const wanted = ofHost('web', 'closed').length
  const query = { host: 'web', status: 'closed' } as const
  expect(await isCounted({ ...query, limit: wanted + 1 })).toEqual({ total: wanted, counts: false })
  expect(await isCounted({ ...query, limit: wanted })).toEqual({ total: wanted, counts: true })
  expect(await isCounted({ ...query, limit: wanted + 1, offset: 1 })).toEqual({ total: wanted, counts: true })
  expect(await isCounted({ ...query, limit: 0 })).toEqual({ total: wanted, counts: true })
  expect(await isCounted({ host: 'nobody' })).toEqual({ total: 0, counts: false })
})

test('closed events of a metric are counted up to any bound, also where many are open', async () => {
  for (const metric of ['metric.0', 'metric.1', 'metric.2', 'metric.3', 'none']) {
    const closed = all.filter((event) => event.metric === metric && event.status === 'closed').length
    const open = all.filter(({ status }) => status === 'open').length
    for (const query of [{ metric, status: 'closed' }, { metric }, { metric, status: 'open' }] as const) {
      const [condition] = await writeConditions(opened.database, query)
      if (condition === undefined) throw new Error('there is no condition')
      expect(condition.openOrClosedSql !== undefined).toBe('status' in query && query.status === 'closed')
      const matching = all.filter(
        (event) => event.metric === metric && (!('status' in query) || event.status === query.status),
      ).length
      for (const most of [0, 1, 2, 10, closed - 1, closed, closed + 1, open, open + 1, EVENTS])
        if (most >= 0)
          expect(await countEvents(opened.database, condition, most)).toBe(Math.min(matching, most))
    }
    const [often] = await writeConditions(opened.database, { metric: 'metric.0', status: 'closed' })
    statements.length = 0
    if (often && metric === 'metric.0') expect(await countEvents(counting, often, 60)).toBe(60)
    expect(statements.join()).not.toContain('is_open = 0')
    // What else is asked for needs the events themselves.
    for (const more of [{ severity: 1 }, { from: MIDNIGHT }, { host: 'web' }, { words: ['a'] }] as const)
      for (const { openOrClosedSql } of await writeConditions(opened.database, {
        ...{ metric, status: 'closed' },
        ...more,
      }))
        expect(openOrClosedSql).toBeUndefined()
  }
})
