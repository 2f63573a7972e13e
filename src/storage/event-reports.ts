import type { EventReport } from '../domain/event.ts'
import type { Transaction } from './database.ts'

type Held = {
  id: number
  change_number: number
  severity: number
  is_open: number
  closed_by_hand: number
  opened: number
  message: string
}

const HELD = 'id, change_number, severity, is_open, closed_by_hand, opened, message'

/** What happened to an event, as its history names it. */
export type EventAction = 'opened' | 'severity' | 'closed' | 'reopened'

/** Applies what a host's packet says about events; saying it again, or late, changes nothing. */
export async function applyReports(transaction: Transaction, host: number, reports: readonly EventReport[]) {
  for (const report of reports) {
    if (report.uid !== null) await applyChange(transaction, host, report, report.uid)
    else if (report.status === 'open') await openLegacy(transaction, host, report)
    else await closeLegacy(transaction, host, report)
  }
}

export async function noteHistory(
  transaction: Transaction,
  event: number,
  time: number,
  action: EventAction,
  severity: number,
  actor: string | null,
) {
  await transaction.run(
    'INSERT INTO event_history (event, time, action, severity, actor) VALUES (?, ?, ?, ?, ?)',
    [event, time, action, severity, actor],
  )
}

/** The state of an event is that of its greatest change, whatever the order in which they are heard. */
async function applyChange(transaction: Transaction, host: number, report: EventReport, uid: string) {
  const [held] = await transaction.query<Held>(`SELECT ${HELD} FROM event WHERE host = ? AND uid = ?`, [
    host,
    uid,
  ])
  if (!held) {
    await addEvent(transaction, host, report)
    return
  }
  if (report.change <= held.change_number) {
    // An opening that comes after its own closing knows better when it began.
    if (report.status === 'open' && report.time < held.opened)
      await transaction.run('UPDATE event SET opened = ? WHERE id = ?', [report.time, held.id])
    return
  }
  const isOpen = report.status === 'open' ? 1 : 0
  // Closed by hand it stays closed until the problem has ended and comes again, which has another uid.
  const staysClosed = held.closed_by_hand === 1 && isOpen === 1
  if (staysClosed || (held.is_open === 0 && isOpen === 0)) {
    await transaction.run('UPDATE event SET change_number = ?, severity = ?, message = ? WHERE id = ?', [
      report.change,
      report.severity,
      report.message,
      held.id,
    ])
    return
  }
  await transaction.run(
    'UPDATE event SET change_number = ?, severity = ?, message = ?, is_open = ?, closed = ? WHERE id = ?',
    [report.change, report.severity, report.message, isOpen, isOpen ? null : report.time, held.id],
  )
  const action = isOpen === held.is_open ? 'severity' : isOpen ? 'reopened' : 'closed'
  if (action !== 'severity' || report.severity !== held.severity)
    await noteHistory(transaction, held.id, report.time, action, report.severity, null)
}

async function addEvent(transaction: Transaction, host: number, report: EventReport) {
  const isOpen = report.status === 'open'
  const id = await transaction.insert(
    `INSERT INTO event (host, metric, uid, change_number, severity, is_open, closed_by_hand, message, opened, closed)
      VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
    [
      host,
      report.metric,
      report.uid,
      report.change,
      report.severity,
      isOpen ? 1 : 0,
      report.message,
      report.time,
      isOpen ? null : report.time,
    ],
  )
  await noteHistory(transaction, id, report.time, isOpen ? 'opened' : 'closed', report.severity, null)
}

/** The original's openings carry no id: one that lies in the time of an event we have is that event, heard again. */
async function openLegacy(transaction: Transaction, host: number, report: EventReport) {
  const [held] = await transaction.query<Held>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND uid IS NULL
      AND (is_open = 1 OR (opened <= ? AND closed >= ?)) ORDER BY is_open DESC LIMIT 1`,
    [host, report.metric, report.time, report.time],
  )
  if (!held) {
    await addEvent(transaction, host, report)
    return
  }
  const same = held.severity === report.severity && held.message === report.message
  // What was said before its opening, or of an event that is closed, is old.
  if (held.is_open === 0 || same || report.time <= held.opened) return
  await transaction.run('UPDATE event SET severity = ?, message = ? WHERE id = ?', [
    report.severity,
    report.message,
    held.id,
  ])
  if (held.severity !== report.severity)
    await noteHistory(transaction, held.id, report.time, 'severity', report.severity, null)
}

async function closeLegacy(transaction: Transaction, host: number, report: EventReport) {
  const [held] = await transaction.query<Held>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND uid IS NULL AND is_open = 1 AND opened <= ? LIMIT 1`,
    [host, report.metric, report.time],
  )
  if (!held) return
  await transaction.run('UPDATE event SET is_open = 0, closed = ? WHERE id = ?', [report.time, held.id])
  await noteHistory(transaction, held.id, report.time, 'closed', held.severity, null)
}
