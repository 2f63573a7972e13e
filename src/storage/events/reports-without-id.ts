import type { Transaction } from '../database/database.ts'
import {
  addEvent,
  changeEvent,
  HELD,
  type HeldEvent,
  insertEvent,
  type ReceivedReport,
} from './change-event.ts'
import { noteHistory } from './history.ts'

/**
 * The original's openings have no id: one whose time is within a stored event is a repeated report of that
 * event.
 */
export async function openLegacy(transaction: Transaction, received: ReceivedReport) {
  const { report, host } = received
  const [held] = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND +uid IS NULL
      AND (seen_open = 1 OR opened = ? OR (opened < ? AND closed > ?)) ORDER BY seen_open DESC LIMIT 1`,
    [host, report.metric, report.time, report.time, report.time],
  )
  if (!held) return addEvent(transaction, received)
  const same = held.severity === report.severity && held.message === report.message
  // A report from before the opening of the event, or of an event that has ended, is outdated.
  if (held.seen_open === 0 || same || report.time <= held.opened) return
  await changeEvent(transaction, received, held)
}

/**
 * A closing without an id ends the open event of the metric: the original's closings contain no more, and
 * neither do those of an agent that lost its state.
 */
export async function closeWithoutId(transaction: Transaction, received: ReceivedReport) {
  const { report, host } = received
  const [held] = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND seen_open = 1 AND +opened <= ? LIMIT 1`,
    [host, report.metric, report.opened ?? report.time],
  )
  if (!held) {
    if (report.opened !== undefined) await addClosed(transaction, received, report.opened)
    return
  }
  // Such a closing has no meaningful severity and no change number.
  const number = Math.max(report.change, held.change_number + 1)
  await changeEvent(
    transaction,
    {
      ...received,
      report: { ...report, change: number, severity: held.severity, message: held.message },
    },
    held,
  )
}

/** Of an event that opened and closed while the server was away only the closing arrives. */
async function addClosed(transaction: Transaction, received: ReceivedReport, opened: number) {
  const { report, host, noted } = received
  const [known] = await transaction.query(
    `SELECT id FROM event WHERE host = ? AND metric = ? AND +uid IS NULL
      AND (opened = ? OR (opened < ? AND closed > ?)) LIMIT 1`,
    [host, report.metric, opened, opened, opened],
  )
  if (known !== undefined) return
  const id = await insertEvent(transaction, received, opened)
  // Rules are asked once, about an event that is over, and so send one message.
  await noteHistory(transaction, id, { action: 'opened', time: opened, noted, isAsked: false })
  await noteHistory(transaction, id, { action: 'closed', time: report.time, noted, wasMissed: true })
}
