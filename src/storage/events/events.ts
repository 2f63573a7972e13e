import {
  type Event,
  type EventReport,
  SEVERITIES,
  type Severity,
  type SeverityCounts,
} from '../../domain/event.ts'
import type { Database, Reader, Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { HOSTS_OF_GROUP } from '../hosts/groups.ts'
import type { EventHistoryEntry, EventQuery, EventStore } from '../ports/store.ts'
import { createEventChanges } from './actions.ts'
import { applyReports } from './apply-reports.ts'
import { readDeliveries } from './deliveries.ts'
import { type EventRow, NO_HOST, readEvent, SELECT_EVENTS, toEvent } from './event-rows.ts'

const MAX_LIMIT = 1000
/** Events whose words are read for one search: more would keep everybody else waiting. */
const MAX_SEARCHED = 20_000

const NONE_OPEN: SeverityCounts = { 1: 0, 2: 0, 3: 0, 4: 0 }

type Condition = { readonly sql: string; readonly values: readonly Value[] }

export function createEventStore(database: Database): EventStore {
  async function readPage({ sql, values }: Condition, limit: number, offset: number): Promise<Event[]> {
    const rows = await database.query<EventRow>(
      `${SELECT_EVENTS} ${sql} ORDER BY event.opened DESC, event.id DESC LIMIT ? OFFSET ?`,
      [...values, limit, offset],
    )
    return rows.map(toEvent)
  }

  return {
    ...createEventChanges(database),

    find: (id) => readEvent(database, id),

    async list(query) {
      const condition = await writeCondition(database, query)
      if (!condition) return { total: 0, events: [] }
      const { sql, values } = condition
      const limit = Math.min(Math.max(query.limit ?? MAX_LIMIT, 0), MAX_LIMIT)
      const [count] = await database.query<{ total: number }>(
        `SELECT COUNT(*) AS total FROM event ${sql}`,
        values,
      )
      const events = await readPage(condition, limit, Math.max(query.offset ?? 0, 0))
      return { total: count?.total ?? 0, events }
    },

    async listWorst(query) {
      const events: Event[] = []
      for (const severity of SEVERITIES) {
        const condition = await writeCondition(database, { ...query, severity })
        if (condition) events.push(...(await readPage(condition, query.limit - events.length, 0)))
        if (events.length >= query.limit) break
      }
      return events
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

    history: (id) =>
      database.query<EventHistoryEntry>(
        `SELECT action, time, noted, severity, actor, comment_text AS comment FROM event_history
          WHERE event = ? ORDER BY id`,
        [id],
      ),

    deliveries: (id) => readDeliveries(database, id),

    report: (host, reports: readonly EventReport[]) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
        if (row) await applyReports(transaction, row.id, reports)
        return row !== undefined
      }),
  }
}

async function countBySeverity(reader: Reader, query: EventQuery): Promise<SeverityCounts> {
  const counts = { ...NONE_OPEN }
  const condition = await writeCondition(reader, query)
  if (!condition) return counts
  const rows = await reader.query<{ severity: Severity; total: number }>(
    `SELECT severity, COUNT(*) AS total FROM event ${condition.sql} GROUP BY severity`,
    condition.values,
  )
  for (const { severity, total } of rows) counts[severity] = total
  return counts
}

/** Parameters: the same pattern four times. */
const HAS_WORD = `(LOWER(event.message) LIKE ? ESCAPE '!' OR LOWER(event.metric) LIKE ? ESCAPE '!'
  OR LOWER(event.members) LIKE ? ESCAPE '!' OR event.host IN (SELECT id FROM host WHERE LOWER(name) LIKE ? ESCAPE '!'))`

/** A pattern that the word stands for itself in. */
const containing = (word: string) => `%${word.toLowerCase().replace(/[!%_]/g, '!$&')}%`

/** Null when the host asked for is not known. */
async function writeCondition(reader: Reader, query: EventQuery): Promise<Condition | null> {
  const parts: string[] = []
  const values: Value[] = []
  const add = (part: string, ...more: Value[]) => {
    parts.push(part)
    values.push(...more)
  }
  const { host, group, metric, status, severity, acknowledged, from, to, words = [] } = query
  const { hostPart, metricWords = [] } = query
  if (host !== undefined) {
    const [row] = await reader.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
    if (!row) return null
    add(
      '(event.host = ? OR (event.host = ? AND INSTR(event.members, ?) > 0))',
      row.id,
      NO_HOST,
      JSON.stringify(host),
    )
  }
  if (group !== undefined)
    add(
      `(event.host IN (${HOSTS_OF_GROUP}) OR (event.host = ? AND EXISTS (SELECT 1 FROM host_group
        JOIN host member ON member.id = host_group.host WHERE host_group.name = ?
        AND INSTR(event.members, CONCAT('"', member.name, '"')) > 0)))`,
      group,
      NO_HOST,
      group,
    )
  if (metric !== undefined) add('event.metric = ?', metric)
  if (hostPart !== undefined)
    add(
      `(event.host IN (SELECT id FROM host WHERE LOWER(name) LIKE ? ESCAPE '!') OR LOWER(event.members) LIKE ? ESCAPE '!')`,
      containing(hostPart),
      containing(hostPart),
    )
  for (const word of metricWords) add(`LOWER(event.metric) LIKE ? ESCAPE '!'`, containing(word))
  if (status !== undefined) add('event.is_open = ?', status === 'open' ? 1 : 0)
  if (severity !== undefined) add('event.severity = ?', severity)
  if (acknowledged !== undefined) add(`event.acknowledged_by IS ${acknowledged ? 'NOT ' : ''}NULL`)
  if (words.length > 0) add(`event.id > (SELECT MAX(newest.id) FROM event newest) - ${MAX_SEARCHED}`)
  for (const word of words) add(HAS_WORD, ...new Array(4).fill(containing(word)))
  if (from !== undefined) add('event.opened >= ?', from)
  if (to !== undefined) add('event.opened <= ?', to)
  return { sql: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', values }
}
