import { type EventReport, isSeverity } from '../../../domain/event.ts'
import { AVAILABILITY } from '../../../domain/metrics/declared/server-events.ts'
import { toMetricName } from '../../../domain/sample.ts'
import type { Database, Transaction } from '../../database/database.ts'
import { applyReports } from '../../events/apply-reports.ts'
import { askAboutOpening } from '../../events/history.ts'
import { addImportedHost } from './add-host.ts'
import type { ImportOptions, Note } from './import-options.ts'
import { NO_HOST, NO_METRIC, NO_TIME, readHost, readNumber, readTime } from './read-values.ts'
import type { OriginalRow } from './tables.ts'

const EVENTS_AT_ONCE = 500

/** Events whose rows were made by this import. */
const IMPORTED = `uid LIKE 'original-%' AND uid NOT LIKE '%:%'`

/** Imports events, each once; closed ones have an unknown end here. */
export async function takeEvents(options: ImportOptions, note: Note) {
  const { original, database, now } = options
  let gathered: { host: string; report: EventReport }[] = []
  const flush = async () => {
    const events = gathered
    gathered = []
    await database.transaction(async (transaction) => {
      for (const { host, report } of events) await takeEvent(transaction, host, report, options)
    })
  }
  await original.read('agentevents', async (row) => {
    const host = readHost(row.name)
    const report = readEvent(row, now)
    note(
      () => `${String(row.id)}: ${row.name} ${row.monitor}`,
      host === null ? NO_HOST : typeof report === 'string' ? report : null,
    )
    if (host === null || typeof report === 'string') return
    gathered.push({ host, report })
    if (gathered.length >= EVENTS_AT_ONCE) await flush()
  })
  await flush()
  if (options.notifyOpen) await askAboutOpen(database)
}

/** Applies the rules to open events, except those that were notified already. */
async function askAboutOpen(database: Database) {
  const open = await database.query<{ id: number }>(
    `SELECT id FROM event WHERE is_open = 1 AND ${IMPORTED}
      AND NOT EXISTS (SELECT 1 FROM notified WHERE notified.event = event.id)
      AND NOT EXISTS (SELECT 1 FROM event_todo WHERE event_todo.event = event.id)`,
  )
  for (const { id } of open) await database.transaction((transaction) => askAboutOpening(transaction, id))
}

async function takeEvent(
  transaction: Transaction,
  host: string,
  report: EventReport,
  options: ImportOptions,
) {
  // A host with events alone is imported too.
  const id =
    (await findHostId(transaction, host)) ??
    (await addImportedHost(transaction, { name: host, seen: report.time }, options))
  const [known] = await transaction.query('SELECT id FROM event WHERE host = ? AND uid = ?', [id, report.uid])
  if (known || (await isHeardHere(transaction, id, report))) return
  const next = report.status === 'open' ? await findNext(transaction, id, report) : null
  await applyReports(transaction, id, [report], { seen: report.time })
  if (next !== null)
    await applyReports(transaction, id, [{ ...report, status: 'closed', change: 2, time: next }], {
      seen: next,
    })
  if (report.status === 'closed')
    await transaction.run('UPDATE event SET end_unknown = 1 WHERE host = ? AND uid = ?', [id, report.uid])
  // Rules are not applied to closed events, nor to a second row of the same problem; open events follow at
  // the end, if at all.
  await transaction.run(
    `DELETE FROM event_todo WHERE event IN (SELECT id FROM event WHERE host = ? AND ${IMPORTED})`,
    [id],
  )
}

/** Whether its agent has reported the same event here itself: that report then decides whether it is over. */
async function isHeardHere(transaction: Transaction, host: number, { metric, time }: EventReport) {
  const [event] = await transaction.query(
    'SELECT id FROM event WHERE host = ? AND metric = ? AND +uid IS NULL AND opened = ? LIMIT 1',
    [host, metric, time],
  )
  return event !== undefined
}

/**
 * When the next event of the metric began that its agent reported here, open or closed: an agent has one at a
 * time. Null when it reported none.
 */
async function findNext(transaction: Transaction, host: number, { metric, time }: EventReport) {
  const [row] = await transaction.query<{ next: number | null }>(
    `SELECT MIN(opened) AS next FROM event WHERE host = ? AND metric = ? AND opened > ?
      AND (uid IS NULL OR NOT (${IMPORTED}))`,
    [host, metric, time],
  )
  return row?.next ?? null
}

async function findHostId(transaction: Transaction, host: string): Promise<number | null> {
  const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
  return row?.id ?? null
}

/** Imported events that are open here. */
export async function countOpen({ database }: Pick<ImportOptions, 'database'>): Promise<number> {
  const [row] = await database.query<{ total: number }>(
    `SELECT COUNT(*) AS total FROM event WHERE is_open = 1 AND ${IMPORTED}`,
  )
  return row?.total ?? 0
}

/**
 * The report of one row, or the reason why it is invalid. The original stores no time of closing: the end of
 * a closed event is unknown.
 */
function readEvent(row: OriginalRow<'agentevents'>, now: number): EventReport | string {
  const time = readTime(row.time)
  const metric = toMetricName(String(row.monitor ?? ''))
  const severity = readNumber(row.severity)
  const status = readNumber(row.status)
  if (time === null) return NO_TIME
  if (metric === null) return NO_METRIC
  if (!isSeverity(severity)) return 'the severity is not 1 to 4'
  if (status !== 0 && status !== 1) return 'the status is not 0 or 1'
  return {
    uid: `original-${String(row.id)}`,
    // Our own engine watches whether hosts are there.
    status: status === 1 && metric !== AVAILABILITY.name ? 'open' : 'closed',
    change: status === 1 ? 1 : 2,
    // The clock of the agent was fast, and the event has happened.
    time: Math.min(time, now),
    metric,
    severity,
    message: String(row.message ?? '').slice(0, 1024),
  }
}
