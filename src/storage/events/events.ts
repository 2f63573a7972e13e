import type { EventReport } from '../../domain/event.ts'
import { readProcesses } from '../../domain/events/running-process.ts'
import type { Database } from '../database/database.ts'
import type { EventHistoryEntry, EventStore } from '../ports/store.ts'
import { createEventChanges } from './actions.ts'
import { applyReports } from './apply-reports.ts'
import { readDeliveries, readDeliverySums } from './deliveries.ts'
import { countBySeverity, countOpenOf, MAX_STATES } from './event-counts.ts'
import { EventList } from './event-list.ts'
import { readEvent } from './event-rows.ts'
import { listOpenTimes, listOpenTimesOf } from './open-times.ts'
import { listOutages } from './outages.ts'

export function createEventStore(database: Database): EventStore {
  const list = new EventList(database)

  return {
    ...createEventChanges(database),

    find: (id) => readEvent(database, id),

    listOutages: (spans, from, to) => listOutages(database, spans, from, to),

    list: (query) => list.read(query),

    listWorst: (query) => list.readWorst(query, query.limit, 0),

    listOpenStates: () =>
      database.query(
        `SELECT host.name AS host, event.metric AS metric, event.severity AS severity FROM event
          JOIN host ON host.id = event.host WHERE event.is_open = 1 ORDER BY event.severity LIMIT ${MAX_STATES}`,
        [],
      ),

    listOpenTimes: (query, from, slot) => listOpenTimes(database, query, from, slot),

    listOpenTimesOf: (hosts, from, slot) => listOpenTimesOf(database, hosts, { from, slot }),

    countBySeverity: (query) => countBySeverity(database, query),

    async revision() {
      const [row] = await database.query<{ newest: number | null }>(
        'SELECT MAX(id) AS newest FROM event_history',
      )
      return row?.newest ?? 0
    },

    countOpenOf: (hosts) => countOpenOf(database, hosts),

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
