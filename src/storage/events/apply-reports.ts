import type { EventAction, EventReport, Severity } from '../../domain/event.ts'
import type { Transaction } from '../database/database.ts'
import { takeEventLock } from '../database/write-locks.ts'
import { NO_HOST } from './event-rows.ts'
import { noteHistory } from './history.ts'

type HeldEvent = {
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

const HELD =
  'id, change_number, severity, is_open, seen_open, closed_by_hand, is_stale, opened, message, members'

/** A report, the host's id, the server's clock, and who the hosts of an event of several are. */
type ReceivedReport = { report: EventReport; host: number; noted: number; members: string | null }

/**
 * Applies what is said about events of a host; saying it again, or late, changes nothing. `heard` is the
 * server's clock, the report's time unless given; `host` is `NO_HOST` for an event of several hosts, which
 * `members` names.
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

/** The ids of events that the server itself opens have a colon in them; agents give random ones without. */
const OF_AGENT = `uid IS NOT NULL AND uid NOT LIKE '%:%'`

/**
 * Makes the host's open events those that its agent has open, `open`: what is missing is opened, and what the
 * agent does not name is over since now, until the change that says when it ended arrives. What a person
 * closed stays closed.
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
      await change(transaction, received, held)
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
    await change(transaction, { report, host, noted: seen, members: null }, row)
  }
}

/** The state of an event is that of its greatest change, whatever the order in which they are heard. */
async function applyChange(transaction: Transaction, received: ReceivedReport, uid: string) {
  const { report, host } = received
  const [held] = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND uid = ? ${transaction.dialect.forUpdate}`,
    [host, uid],
  )
  if (!held) return addEvent(transaction, received)
  if (report.change > held.change_number) return change(transaction, received, held)
  if (report.status === 'closed') return
  // An opening that comes after its own closing knows better when it began.
  if (report.time < held.opened)
    await transaction.run('UPDATE event SET opened = ? WHERE id = ?', [report.time, held.id])
  if (held.is_open === 0) await recordOpening(transaction, received, held.id)
}

/**
 * The closing was seen before the opening, and so nobody was told of either: now both are, in their order.
 */
async function recordOpening(transaction: Transaction, { report, noted }: ReceivedReport, id: number) {
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

/** Brings an event to what a newer report says of it. */
async function change(transaction: Transaction, received: ReceivedReport, held: HeldEvent) {
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
  // Whoever closed it before knows the time of the closing, unless that was us, for a newer event's sake.
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
 * Closed by hand it stays closed until the problem has ended and comes again, which has another id; and one
 * after which another has begun is over, though its own ending was not seen yet.
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

async function addEvent(transaction: Transaction, received: ReceivedReport) {
  const { report, noted } = received
  const id = await insertEvent(transaction, received, report.time)
  if (report.status === 'open') await keepOne(transaction, received, id)
  else await noteHistory(transaction, id, { action: 'closed', time: report.time, noted })
}

const writeProcesses = ({ processes = [] }: EventReport) =>
  processes.length === 0 ? null : JSON.stringify(processes)

function insertEvent(transaction: Transaction, received: ReceivedReport, opened: number): Promise<number> {
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
 * A metric of a host has one open event. One that is open while another opens was lost by its agent, with its
 * state, or its closing comes later: the older of the two is over where the newer begins.
 */
async function keepOne(transaction: Transaction, { report, host, noted }: ReceivedReport, id: number) {
  await noteHistory(transaction, id, { action: 'opened', time: report.time, noted })
  const others = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND id <> ? AND (is_open = 1 OR seen_open = 1)
      ORDER BY opened, id`,
    [host, report.metric, id],
  )
  let end: number | null = null
  for (const other of others) {
    if (other.opened > report.time) end ??= other.opened
    else await endEvent(transaction, other.id, { wasOpen: other.is_open === 1, at: report.time, noted })
  }
  if (end !== null) await endEvent(transaction, id, { wasOpen: true, at: end, noted })
}

/** An event that opened and closed while the server was away comes as its closing alone. */
async function addClosed(transaction: Transaction, received: ReceivedReport, opened: number) {
  const { report, host, noted } = received
  const [known] = await transaction.query(
    `SELECT id FROM event WHERE host = ? AND metric = ? AND uid IS NULL
      AND (opened = ? OR (opened < ? AND closed > ?)) LIMIT 1`,
    [host, report.metric, opened, opened, opened],
  )
  if (known !== undefined) return
  const id = await insertEvent(transaction, received, opened)
  // Rules are asked once, about an event that is over, and so send one message.
  await noteHistory(transaction, id, { action: 'opened', time: opened, noted, isAsked: false })
  await noteHistory(transaction, id, { action: 'closed', time: report.time, noted, wasMissed: true })
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
 * The original's openings carry no id: one that lies in the time of an event we have is that event, heard
 * again.
 */
async function openLegacy(transaction: Transaction, received: ReceivedReport) {
  const { report, host } = received
  const [held] = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND uid IS NULL
      AND (seen_open = 1 OR opened = ? OR (opened < ? AND closed > ?)) ORDER BY seen_open DESC LIMIT 1`,
    [host, report.metric, report.time, report.time, report.time],
  )
  if (!held) return addEvent(transaction, received)
  const same = held.severity === report.severity && held.message === report.message
  // What was said before its opening, or of an event that is over, is old.
  if (held.seen_open === 0 || same || report.time <= held.opened) return
  await change(transaction, received, held)
}

/**
 * A closing without an id ends what is open of the metric: the original's say no more, and neither do those
 * of an agent that lost its state.
 */
async function closeWithoutId(transaction: Transaction, received: ReceivedReport) {
  const { report, host } = received
  const [held] = await transaction.query<HeldEvent>(
    `SELECT ${HELD} FROM event WHERE host = ? AND metric = ? AND seen_open = 1 AND opened <= ? LIMIT 1`,
    [host, report.metric, report.opened ?? report.time],
  )
  if (!held) {
    if (report.opened !== undefined) await addClosed(transaction, received, report.opened)
    return
  }
  // Such a closing says no severity that means anything, nor the number of a change.
  const number = Math.max(report.change, held.change_number + 1)
  await change(
    transaction,
    {
      ...received,
      report: { ...report, change: number, severity: held.severity, message: held.message },
    },
    held,
  )
}
