import type { EventAction, EventReport, Severity } from '../../domain/event.ts'
import type { Transaction } from '../database/database.ts'
import { noteHistory } from './history.ts'

export type HeldEvent = {
  id: number
  change_number: number
  severity: Severity
  is_open: number
  seen_open: number
  closed_by_hand: number
  is_stale: number
  opened: number
  message: string
  members: string | null
}

export const HELD =
  'id, change_number, severity, is_open, seen_open, closed_by_hand, is_stale, opened, message, members'

/** A report, the host's id, the server's clock, and who the hosts of an event of several are. */
export type ReceivedReport = { report: EventReport; host: number; noted: number; members: string | null }

/** Brings an event to the state of a newer report. */
export async function changeEvent(transaction: Transaction, received: ReceivedReport, held: HeldEvent) {
  const { report, noted, members } = received
  const isSeen = report.status === 'open' ? 1 : 0
  const isOpen =
    isSeen === 1 && (held.is_open === 1 || (await mayReopen(transaction, received, held))) ? 1 : 0
  const isStale = isOpen === 1 && report.stale === true ? 1 : 0
  await transaction.run(
    `UPDATE event SET change_number = ?, severity = ?, message = ?, value = COALESCE(?, value),
      processes = COALESCE(?, processes), is_stale = ?, seen_open = ?, is_open = ?, members = COALESCE(?, members) WHERE id = ?`,
    [
      report.change,
      report.severity,
      report.message,
      report.value ?? null,
      writeProcesses(report),
      isStale,
      isSeen,
      isOpen,
      members,
      held.id,
    ],
  )
  // The first closing determines the time, unless the server itself closed the event because a newer one
  // began.
  if (isOpen !== held.is_open || (isSeen === 0 && held.closed_by_hand === 0))
    await transaction.run('UPDATE event SET closed = ? WHERE id = ?', [isOpen ? null : report.time, held.id])
  const actions: EventAction[] = []
  if (isOpen !== held.is_open) actions.push(isOpen ? 'reopened' : 'closed')
  else if (isOpen === 1 && report.severity !== held.severity) actions.push('severity')
  else if (isOpen === 1 && members !== null && members !== held.members) actions.push('joined')
  if (isOpen === 1 && isStale !== held.is_stale) actions.push(isStale ? 'stale' : 'fresh')
  for (const action of actions) await noteHistory(transaction, held.id, { action, time: report.time, noted })
}

/**
 * An event that was closed by hand stays closed until the problem has ended and occurs again, which has
 * another id; and an event after which another has begun is over, though its own end was not reported yet.
 */
async function mayReopen(
  transaction: Transaction,
  { host, report }: ReceivedReport,
  held: HeldEvent,
): Promise<boolean> {
  if (held.closed_by_hand === 1) return false
  const [newer] = await transaction.query(
    'SELECT id FROM event WHERE host = ? AND metric = ? AND id <> ? AND opened >= ? LIMIT 1',
    [host, report.metric, held.id, held.opened],
  )
  return newer === undefined
}

export async function addEvent(transaction: Transaction, received: ReceivedReport) {
  const { report, noted } = received
  const id = await insertEvent(transaction, received, report.time)
  if (report.status === 'open') await keepOne(transaction, received, id)
  else await noteHistory(transaction, id, { action: 'closed', time: report.time, noted })
}

const writeProcesses = ({ processes = [] }: EventReport) =>
  processes.length === 0 ? null : JSON.stringify(processes)

export function insertEvent(
  transaction: Transaction,
  received: ReceivedReport,
  opened: number,
): Promise<number> {
  const { report, host, members } = received
  const isOpen = report.status === 'open'
  return transaction.insert(
    `INSERT INTO event (host, metric, uid, change_number, severity, is_open, seen_open, closed_by_hand, message,
      value, processes, opened, closed, is_stale, members)
      VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)`,
    [
      host,
      report.metric,
      report.uid,
      report.change,
      report.severity,
      isOpen ? 1 : 0,
      isOpen ? 1 : 0,
      report.message,
      report.value ?? null,
      writeProcesses(report),
      opened,
      isOpen ? null : report.time,
      isOpen && report.stale === true ? 1 : 0,
      members,
    ],
  )
}

/**
 * A metric of a host has one open event. An event that is open while another opens was lost by its agent
 * together with its state, or its closing arrives later: the older of the two ends where the newer begins.
 */
async function keepOne(transaction: Transaction, { report, host, noted }: ReceivedReport, id: number) {
  await noteHistory(transaction, id, { action: 'opened', time: report.time, noted })
  const others = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND +metric = ? AND id <> ? AND (is_open = 1 OR seen_open = 1)
      ORDER BY +opened, id`,
    [host, report.metric, id],
  )
  let end: number | null = null
  for (const other of others) {
    if (other.opened > report.time) end ??= other.opened
    else await endEvent(transaction, other.id, { wasOpen: other.is_open === 1, at: report.time, noted })
  }
  if (end !== null) await endEvent(transaction, id, { wasOpen: true, at: end, noted })
}

async function endEvent(
  transaction: Transaction,
  id: number,
  { wasOpen, at, noted }: { readonly wasOpen: boolean; readonly at: number; readonly noted: number },
) {
  if (!wasOpen) {
    await transaction.run('UPDATE event SET seen_open = 0 WHERE id = ?', [id])
    return
  }
  await transaction.run(
    'UPDATE event SET is_open = 0, seen_open = 0, is_stale = 0, closed = ? WHERE id = ?',
    [at, id],
  )
  await noteHistory(transaction, id, { action: 'closed', time: at, noted })
}

/**
 * The closing arrived before the opening, so that no notification was sent of either: now both are recorded,
 * in their order.
 */
export async function recordOpening(transaction: Transaction, { report, noted }: ReceivedReport, id: number) {
  const [opening] = await transaction.query(
    `SELECT id FROM event_history WHERE event = ? AND action = 'opened' LIMIT 1`,
    [id],
  )
  if (opening !== undefined) return
  const [row] = await transaction.query<{ severity: Severity; message: string; closed: number }>(
    'SELECT severity, message, closed FROM event WHERE id = ?',
    [id],
  )
  if (row === undefined) return
  const set = (severity: Severity, message: string, closed: number | null) =>
    transaction.run('UPDATE event SET severity = ?, message = ?, is_open = ?, closed = ? WHERE id = ?', [
      severity,
      message,
      closed === null ? 1 : 0,
      closed,
      id,
    ])
  await transaction.run('DELETE FROM event_todo WHERE event = ?', [id])
  await transaction.run(`DELETE FROM event_history WHERE event = ? AND action = 'closed'`, [id])
  await set(report.severity, report.message, null)
  await noteHistory(transaction, id, { action: 'opened', time: report.time, noted })
  await set(row.severity, row.message, row.closed)
  await noteHistory(transaction, id, { action: 'closed', time: row.closed, noted })
}
