import type { EventAction } from '../../domain/event.ts'
import { IMPORT_SILENCE } from '../../domain/events/availability.ts'
import type { Transaction } from '../database/database.ts'
import { readEvent } from './event-rows.ts'

export type Happening = {
  readonly action: EventAction
  /** By the clock of the agent, server or user that made the change. */
  readonly time: number
  /** By the server's clock. */
  readonly noted: number
  readonly actor?: string | null
  readonly comment?: string | null
  /** False when rules are not to be asked, whatever the action. */
  readonly isAsked?: boolean
  /** See `Event`. */
  readonly wasMissed?: true
}

/** Rules are asked after these. */
const ASKED: ReadonlySet<EventAction> = new Set(['opened', 'severity', 'joined', 'closed', 'reopened'])

/**
 * To be called after each change of an event, in its transaction: writes the history and, when rules are to
 * be asked, the entry for that in `event_todo`; changes without notifications get no such entry.
 */
export async function noteHistory(transaction: Transaction, event: number, happening: Happening) {
  const { action, time, noted, actor = null, comment = null, isAsked = ASKED.has(action) } = happening
  const history = await transaction.insert(
    `INSERT INTO event_history (event, time, noted, action, severity, actor, comment_text)
      SELECT id, ?, ?, ?, severity, ?, ? FROM event WHERE id = ?`,
    [time, noted, action, actor, comment, event],
  )
  if (isAsked) await promiseToAsk(transaction, event, { ...happening, history })
}

/** Promises once more to ask the rules about the opening of an event; it has to be open. */
export async function askAboutOpening(transaction: Transaction, event: number) {
  const [opening] = await transaction.query<{ history: number; time: number; noted: number }>(
    `SELECT id AS history, time, noted FROM event_history WHERE event = ? AND action IN ('opened', 'reopened')
      ORDER BY id DESC LIMIT 1`,
    [event],
  )
  if (opening !== undefined) await promiseToAsk(transaction, event, opening)
}

/** A change of an event, and its row in the history. */
type NotedChange = Pick<Happening, 'time' | 'noted' | 'wasMissed'> & { readonly history: number }

async function promiseToAsk(
  transaction: Transaction,
  event: number,
  { history, time, noted, wasMissed }: NotedChange,
) {
  const snapshot = await readEvent(transaction, event)
  if (snapshot === null) return
  const [first] = await transaction.query<{ noted: number }>(
    'SELECT MIN(noted) AS noted FROM event_history WHERE event = ?',
    [event],
  )
  await transaction.run(
    `INSERT INTO event_todo (history, event, opened, changed, snapshot)
      SELECT ?, id, ?, ?, ? FROM event WHERE id = ? AND (uid IS NULL OR uid <> ?)`,
    [
      history,
      Math.min(snapshot.opened, first?.noted ?? noted),
      Math.min(time, noted),
      JSON.stringify(wasMissed ? { ...snapshot, wasMissed: true } : snapshot),
      event,
      IMPORT_SILENCE,
    ],
  )
}

/**
 * Removes events with everything that belongs to them, except for waiting notifications, which are complete
 * in themselves. With `keepPromises` rules are still asked about their last changes; the record of what was
 * notified is deleted after that.
 */
export async function deleteEvents(
  transaction: Transaction,
  events: readonly number[],
  { keepPromises = false } = {},
) {
  for (const event of events) {
    await transaction.run(
      `DELETE FROM delivery WHERE notification IN (SELECT id FROM outbox WHERE event = ? AND state <> 'waiting')`,
      [event],
    )
    await transaction.run(`DELETE FROM outbox WHERE event = ? AND state <> 'waiting'`, [event])
    if (!keepPromises) await transaction.run('DELETE FROM event_todo WHERE event = ?', [event])
    await transaction.run(
      'DELETE FROM notified WHERE event = ? AND NOT EXISTS (SELECT 1 FROM event_todo WHERE event = ?)',
      [event, event],
    )
    await transaction.run('DELETE FROM event_history WHERE event = ?', [event])
    await transaction.run('DELETE FROM event WHERE id = ?', [event])
  }
}

/**
 * Deletes the events of a host that is being deleted. Receivers that were notified of the opening of an event
 * are notified of its end.
 */
export async function deleteEventsOfHost(transaction: Transaction, host: number) {
  const rows = await transaction.query<{ id: number; is_open: number; last: number }>(
    `SELECT event.id AS id, event.is_open AS is_open, host.last_seen AS last
      FROM event JOIN host ON host.id = event.host WHERE event.host = ?`,
    [host],
  )
  for (const { id, is_open: isOpen, last } of rows) {
    if (isOpen === 0) continue
    await transaction.run(
      'UPDATE event SET is_open = 0, closed = CASE WHEN opened > ? THEN opened ELSE ? END WHERE id = ?',
      [last, last, id],
    )
    await noteHistory(transaction, id, { action: 'closed', time: last, noted: last })
  }
  await deleteEvents(
    transaction,
    rows.map(({ id }) => id),
    { keepPromises: true },
  )
}
