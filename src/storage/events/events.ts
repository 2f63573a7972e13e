import {
  type Event,
  type EventReport,
  SEVERITIES,
  type Severity,
  type SeverityCounts,
} from '../../domain/event.ts'
import { readProcesses } from '../../domain/events/running-process.ts'
import type { Database, Reader } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { EventHistoryEntry, EventOrder, EventQuery, EventStore } from '../ports/store.ts'
import { createEventChanges } from './actions.ts'
import { applyReports } from './apply-reports.ts'
import { type Condition, writeConditions } from './conditions.ts'
import { readDeliveries, readDeliverySums } from './deliveries.ts'
import { type EventRow, readEvent, SELECT_EVENTS, SELECT_EVENTS_OF_HOSTS, toEvent } from './event-rows.ts'
import { listOutages } from './outages.ts'

const MAX_LIMIT = 1000
/** What fits is counted so far; behind it the list says that there is more. */
const MAX_COUNTED = 10_000

/** Open events that a map of all hosts shows. */
const MAX_STATES = 20_000

const NONE_OPEN: SeverityCounts = { 1: 0, 2: 0, 3: 0, 4: 0 }

function writeOrder(order: EventOrder, isFew: boolean): string {
  // The sum keeps the index by time out of it: so few rows are sorted sooner than looked for along time.
  const opened = isFew ? 'COALESCE(event.opened, 0)' : 'event.opened'
  if (order === 'oldest') return `${opened}, event.id`
  if (order === 'host') return 'host.name_order, host.name, event.severity, event.opened DESC, event.id DESC'
  return `${opened} DESC, event.id DESC`
}

function compareRows(order: EventOrder): (a: EventRow, b: EventRow) => number {
  const byTime = (a: EventRow, b: EventRow) => b.opened - a.opened || b.id - a.id
  if (order === 'oldest') return (a, b) => byTime(b, a)
  if (order !== 'host') return byTime
  return (a, b) => {
    const [first, second] = [a.name_order ?? '', b.name_order ?? '']
    return first < second ? -1 : first > second ? 1 : a.severity - b.severity || byTime(a, b)
  }
}

export function createEventStore(database: Database): EventStore {
  /** Reads one page of what fits any of the conditions, of which none fits what another does. */
  async function readPage(
    conditions: readonly Condition[],
    { limit, offset, order }: { readonly limit: number; readonly offset: number; readonly order: EventOrder },
  ): Promise<Event[]> {
    const [only] = conditions
    if (only === undefined || limit <= 0) return []
    const read = async ({ sql, values, isFew, isOfHosts }: Condition, most: number, skip: number) =>
      database.query<EventRow>(
        `${isOfHosts ? SELECT_EVENTS_OF_HOSTS : SELECT_EVENTS} ${sql}
          ORDER BY ${writeOrder(order, isFew === true)} LIMIT ? OFFSET ?`,
        [...values, most, skip],
      )
    if (conditions.length === 1) return (await read(only, limit, offset)).map(toEvent)
    const rows: EventRow[] = []
    for (const condition of conditions) rows.push(...(await read(condition, offset + limit, 0)))
    return rows
      .sort(compareRows(order))
      .slice(offset, offset + limit)
      .map(toEvent)
  }

  /** Severity by severity, each from its index: sorting all open events takes longer than reading a page of them. */
  async function readWorst(query: EventQuery, limit: number, offset: number): Promise<Event[]> {
    const events: Event[] = []
    let skip = offset
    for (const severity of SEVERITIES) {
      if (query.severity !== undefined && query.severity !== severity) continue
      const conditions = await writeConditions(database, { ...query, severity })
      const left = limit - events.length
      const found = await readPage(conditions, { limit: left, offset: skip, order: 'newest' })
      events.push(...found)
      if (events.length >= limit) break
      skip = found.length > 0 || skip === 0 ? 0 : Math.max(0, skip - (await countUpTo(conditions)))
    }
    return events
  }

  /**
   * How many fit, up to one more than `MAX_COUNTED`: counting a million would keep everybody else waiting.
   */
  async function countUpTo(conditions: readonly Condition[]): Promise<number> {
    let total = 0
    for (const condition of conditions) {
      total += await countEvents(database, condition, MAX_COUNTED + 1 - total)
      if (total > MAX_COUNTED) break
    }
    return total
  }

  return {
    ...createEventChanges(database),

    find: (id) => readEvent(database, id),

    listOutages: (spans, from, to) => listOutages(database, spans, from, to),

    async list(query) {
      const conditions = await writeConditions(database, query)
      const limit = Math.min(Math.max(query.limit ?? MAX_LIMIT, 0), MAX_LIMIT)
      const total = await countUpTo(conditions)
      const offset = Math.max(query.offset ?? 0, 0)
      const { order = 'newest' } = query
      const events =
        order === 'severity'
          ? await readWorst(query, limit, offset)
          : await readPage(conditions, { limit, offset, order })
      return { total: Math.min(total, MAX_COUNTED), isMore: total > MAX_COUNTED, events }
    },

    listWorst: (query) => readWorst(query, query.limit, 0),

    listOpenStates: () =>
      database.query(
        `SELECT host.name AS host, event.metric AS metric, event.severity AS severity FROM event
          JOIN host ON host.id = event.host WHERE event.is_open = 1 ORDER BY event.severity LIMIT ${MAX_STATES}`,
        [],
      ),

    async listOpenTimes(query, from, slot) {
      const times: { severity: Severity; opened: number; closed: number | null }[] = []
      // What is open goes on to now: of each severity the first is enough.
      for (const { sql, values } of await writeConditions(database, { ...query, status: 'open' }))
        times.push(
          ...(await database.query<{ severity: Severity; opened: number; closed: null }>(
            `SELECT severity, MIN(opened) AS opened, NULL AS closed FROM event ${sql} GROUP BY severity`,
            values,
          )),
        )
      for (const { sql, values } of await writeConditions(database, { ...query, closedFrom: from }))
        times.push(
          ...(await database.query<{ severity: Severity; opened: number; closed: number }>(
            `SELECT severity, MIN(opened) AS opened, MAX(closed) AS closed FROM event ${sql}
              GROUP BY severity, opened - opened % ?, closed - closed % ? LIMIT ${MAX_STATES}`,
            [...values, slot, slot],
          )),
        )
      return times
    },

    countBySeverity: (query) => countBySeverity(database, query),

    async revision() {
      const [row] = await database.query<{ newest: number | null }>(
        'SELECT MAX(id) AS newest FROM event_history',
      )
      return row?.newest ?? 0
    },

    async countOpenOf(hosts) {
      const counts = new Map<string, SeverityCounts>()
      if (hosts.length === 0) return counts
      const rows = await database.query<{ name: string; severity: Severity; total: number }>(
        `SELECT host.name AS name, event.severity AS severity, COUNT(*) AS total FROM host
          JOIN event ON event.is_open = 1 AND event.host = host.id
          WHERE host.name IN (${placeValues(hosts.length)}) GROUP BY host.id, host.name, event.severity`,
        hosts,
      )
      for (const { name, severity, total } of rows)
        counts.set(name, { ...(counts.get(name) ?? NONE_OPEN), [severity]: total })
      return counts
    },

    async processes(id) {
      const [row] = await database.query<{ processes: string | null }>(
        'SELECT processes FROM event WHERE id = ?',
        [id],
      )
      return row?.processes == null ? [] : readProcesses(JSON.parse(row.processes))
    },

    history: (id) =>
      database.query<EventHistoryEntry>(
        `SELECT action, time, noted, severity, actor, comment_text AS comment FROM event_history
          WHERE event = ? ORDER BY id`,
        [id],
      ),

    deliveries: (id) => readDeliveries(database, id),

    deliverySums: (ids) => readDeliverySums(database, ids),

    report: (host, reports: readonly EventReport[]) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
        if (row) await applyReports(transaction, row.id, reports)
        return row !== undefined
      }),
  }
}

/** How many events fit, `most` at the most. */
async function countEvents(reader: Reader, { countSql, values }: Condition, most: number): Promise<number> {
  const [row] = await reader.query<{ total: number }>(
    `SELECT COUNT(*) AS total FROM (SELECT event.id FROM event ${countSql} LIMIT ?) counted`,
    [...values, most],
  )
  return row?.total ?? 0
}

async function countBySeverity(reader: Reader, query: EventQuery): Promise<SeverityCounts> {
  const counts = { ...NONE_OPEN }
  for (const condition of await writeConditions(reader, query)) {
    const { sql, countSql, values } = condition
    // All of them need no order, and are then counted in an index that has no times.
    const isAll = countSql !== sql && (await countEvents(reader, condition, MAX_COUNTED + 1)) <= MAX_COUNTED
    const counted = isAll ? countSql : `${sql} ORDER BY event.opened DESC`
    const rows = await reader.query<{ severity: Severity; total: number }>(
      `SELECT severity, COUNT(*) AS total FROM
        (SELECT event.severity AS severity FROM event ${counted} LIMIT ?) newest
        GROUP BY severity`,
      [...values, MAX_COUNTED],
    )
    for (const { severity, total } of rows) counts[severity] += total
  }
  return counts
}
