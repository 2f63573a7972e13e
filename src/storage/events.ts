import type { Event, Severity } from '../domain/event.ts'
import type { Database, Reader, Value } from './database.ts'
import { applyReports, noteHistory } from './event-reports.ts'
import type { EventQuery, EventStore } from './store.ts'

type EventRow = {
  id: number
  host: string
  metric: string
  severity: number
  is_open: number
  message: string
  opened: number
  closed: number | null
  acknowledged_by: string | null
}

const SELECT = `SELECT event.id AS id, host.name AS host, event.metric AS metric, event.severity AS severity,
  event.is_open AS is_open, event.message AS message, event.opened AS opened, event.closed AS closed,
  event.acknowledged_by AS acknowledged_by FROM event JOIN host ON host.id = event.host`

const MAX_LIMIT = 1000

export function createEventStore(database: Database): EventStore {
  /** Null when the host asked for is not known. */
  async function where(query: EventQuery): Promise<{ sql: string; values: Value[] } | null> {
    const parts: string[] = []
    const values: Value[] = []
    const add = (part: string, value: Value) => {
      parts.push(part)
      values.push(value)
    }
    if (query.host !== undefined) {
      const [row] = await database.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [query.host])
      if (!row) return null
      add('event.host = ?', row.id)
    }
    if (query.metric !== undefined) add('event.metric = ?', query.metric)
    if (query.status !== undefined) add('event.is_open = ?', query.status === 'open' ? 1 : 0)
    if (query.severity !== undefined) add('event.severity = ?', query.severity)
    return { sql: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', values }
  }

  return {
    async find(id) {
      const [row] = await database.query<EventRow>(`${SELECT} WHERE event.id = ?`, [id])
      return row ? toEvent(row) : null
    },

    async list(query) {
      const condition = await where(query)
      if (!condition) return { total: 0, events: [] }
      const { sql, values } = condition
      const limit = Math.min(Math.max(query.limit ?? MAX_LIMIT, 0), MAX_LIMIT)
      const [count] = await database.query<{ total: number }>(
        `SELECT COUNT(*) AS total FROM event ${sql}`,
        values,
      )
      const rows = await database.query<EventRow>(
        `${SELECT} ${sql} ORDER BY event.opened DESC, event.id DESC LIMIT ? OFFSET ?`,
        [...values, limit, Math.max(query.offset ?? 0, 0)],
      )
      return { total: count?.total ?? 0, events: rows.map(toEvent) }
    },

    async countOpen() {
      const rows = await database.query<{ severity: Severity; total: number }>(
        'SELECT severity, COUNT(*) AS total FROM event WHERE is_open = 1 GROUP BY severity',
      )
      const counts: Record<Severity, number> = { 1: 0, 2: 0, 3: 0, 4: 0 }
      for (const { severity, total } of rows) counts[severity] = total
      return counts
    },

    report: (host, reports) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
        if (row) await applyReports(transaction, row.id, reports)
        return row !== undefined
      }),

    close: (id, by, at) =>
      database.transaction(async (transaction) => {
        const changed = await transaction.run(
          'UPDATE event SET is_open = 0, closed = ?, closed_by_hand = 1 WHERE id = ? AND is_open = 1',
          [at, id],
        )
        if (changed > 0)
          await noteHistory(transaction, id, at, 'closed', await readSeverity(transaction, id), by)
        return changed > 0
      }),

    reopen: (id, by, at) =>
      database.transaction(async (transaction) => {
        const changed = await transaction.run(
          'UPDATE event SET is_open = 1, closed = NULL, closed_by_hand = 0 WHERE id = ? AND is_open = 0',
          [id],
        )
        if (changed > 0)
          await noteHistory(transaction, id, at, 'reopened', await readSeverity(transaction, id), by)
        return changed > 0
      }),
  }
}

async function readSeverity(reader: Reader, id: number): Promise<number> {
  const [row] = await reader.query<{ severity: number }>('SELECT severity FROM event WHERE id = ?', [id])
  return row?.severity ?? 0
}

function toEvent(row: EventRow): Event {
  return {
    id: row.id,
    host: row.host,
    metric: row.metric,
    severity: row.severity as Severity,
    status: row.is_open === 1 ? 'open' : 'closed',
    message: row.message,
    opened: row.opened,
    closed: row.closed,
    acknowledgedBy: row.acknowledged_by,
  }
}
