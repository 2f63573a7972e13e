import type { EventReport } from '../../domain/event.ts'
import type { Transaction } from '../database/database.ts'
import { takeEventLock } from '../database/write-locks.ts'
import {
  addEvent,
  changeEvent,
  HELD,
  type HeldEvent,
  type ReceivedReport,
  recordOpening,
} from './change-event.ts'
import { NO_HOST } from './event-rows.ts'
import { closeWithoutId, openLegacy } from './reports-without-id.ts'

/**
 * Applies reports about events of a host; repeated or late reports change nothing. `seen` is the server's
 * clock, the report's time unless given; `host` is `NO_HOST` for an event of several hosts, which `members`
 * names.
 */
export async function applyReports(
  transaction: Transaction,
  host: number,
  reports: readonly EventReport[],
  {
    seen,
    members,
  }: { readonly seen?: number | undefined; readonly members?: readonly string[] | undefined } = {},
) {
  await takeEventLock(transaction, host)
  for (const report of reports) {
    const received: ReceivedReport = {
      report,
      host,
      noted: seen ?? report.time,
      members: host === NO_HOST ? JSON.stringify(members ?? []) : null,
    }
    if (report.uid !== null) await applyChange(transaction, received, report.uid)
    else if (report.status === 'open') await openLegacy(transaction, received)
    else await closeWithoutId(transaction, received)
  }
}

/** The ids of events that the server itself opens contain a colon; agents use random ones without. */
const OF_AGENT = `uid NOT LIKE '%:%'`

/**
 * Makes the host's open events match `open`, those that its agent has open: missing ones are opened, and
 * events that are not in the list end now, until the report with their real end arrives. Events that a user
 * closed stay closed.
 */
export async function reconcileEvents(
  transaction: Transaction,
  host: number,
  open: readonly EventReport[],
  seen: number,
) {
  await takeEventLock(transaction, host)
  for (const report of open) {
    if (report.uid === null || report.status !== 'open') continue
    const received: ReceivedReport = { report, host, noted: seen, members: null }
    const [held] = await transaction.query<HeldEvent>(
      `SELECT ${HELD} FROM event WHERE host = ? AND uid = ? ${transaction.dialect.forUpdate}`,
      [host, report.uid],
    )
    if (!held) await addEvent(transaction, received)
    else if (report.change > held.change_number || (held.seen_open === 0 && held.closed_by_hand === 0))
      await changeEvent(transaction, received, held)
  }
  const named = new Set(open.map(({ uid }) => uid))
  const rows = await transaction.query<HeldEvent & { uid: string; metric: string }>(
    `SELECT ${HELD}, uid, metric FROM event WHERE host = ? AND seen_open = 1 AND ${OF_AGENT}`,
    [host],
  )
  for (const row of rows) {
    if (named.has(row.uid)) continue
    const { uid, metric, severity, message, change_number: number } = row
    const time = Math.max(seen, row.opened)
    const report = { uid, metric, severity, message, change: number, time, status: 'closed' } as const
    await changeEvent(transaction, { report, host, noted: seen, members: null }, row)
  }
}

/** The state of an event is that of its highest change number, whatever the order in which changes arrive. */
async function applyChange(transaction: Transaction, received: ReceivedReport, uid: string) {
  const { report, host } = received
  const [held] = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND uid = ? ${transaction.dialect.forUpdate}`,
    [host, uid],
  )
  if (!held) return addEvent(transaction, received)
  if (report.change > held.change_number) return changeEvent(transaction, received, held)
  if (report.status === 'closed') return
  // An opening that arrives after its own closing has the more exact time of the beginning.
  if (report.time < held.opened)
    await transaction.run('UPDATE event SET opened = ? WHERE id = ?', [report.time, held.id])
  if (held.is_open === 0) await recordOpening(transaction, received, held.id)
}
