import type { Event, Severity } from '../../domain/event.ts'
import type { Database, Transaction, Value } from '../database/database.ts'
import { remember } from '../database/engine-memory.ts'
import type { Decided, EventMoment, NewNotification, NotifiedRow, OutboxStore } from '../ports/store.ts'
import { type EventRow, SELECT_EVENTS, toEvent } from './event-rows.ts'

type TodoRow = {
  id: number
  event: number
  opened: number
  changed: number
  snapshot: string
  followed: number | null
}

type StoredNotified = {
  rule: number
  since: number | null
  opening: number
  closing: number
  severity: Severity | null
  last_notified: number | null
  recheck_at: number | null
}

const NOTIFIED_COLUMNS = [
  'event',
  'rule',
  'since',
  'opening',
  'closing',
  'severity',
  'last_notified',
  'recheck_at',
] as const

/** The times of an `EventMoment` of the event `due.event`. */
const MOMENT_TIMES = `(SELECT MIN(noted) FROM event_history WHERE event = due.event) AS opened,
          (SELECT MAX(CASE WHEN time < noted THEN time ELSE noted END) FROM event_history
            WHERE event = due.event AND action IN ('opened', 'severity', 'closed', 'reopened')) AS changed`

const flag = (value: boolean) => (value ? 1 : 0)

type DecisionStore = Pick<
  OutboxStore,
  'listChanges' | 'listDue' | 'listOpen' | 'forgetNotifiedOpen' | 'listNotified' | 'settle'
>

/**
 * The changes that the rules still have to be asked about, and their decisions: the notifications to send.
 */
export function createDecisionStore(database: Database): DecisionStore {
  return {
    async listChanges(limit) {
      const rows = await database.query<TodoRow>(
        `SELECT todo.history AS id, todo.event AS event, todo.opened AS opened, todo.changed AS changed,
          todo.snapshot AS snapshot,
          (SELECT later.changed FROM event_todo later WHERE later.event = todo.event AND later.history > todo.history
            ORDER BY later.history LIMIT 1) AS followed
          FROM event_todo todo ORDER BY todo.history LIMIT ?`,
        [limit],
      )
      return rows.map(({ id, snapshot, opened, changed, followed }) => ({
        id,
        event: JSON.parse(snapshot) as Event,
        opened,
        changed,
        followed,
      }))
    },

    async listDue(now, limit) {
      // Waiting changes come first: the rules must not see an event in a later state than that of the changes
      // they were asked about. The plus prevents the index in the order of the key from being used, which
      // would read every row for the few that are due.
      const due = await database.query<{ event: number; opened: number; changed: number }>(
        `SELECT due.event AS event, ${MOMENT_TIMES}
          FROM (SELECT event, MIN(recheck_at) AS recheck_at FROM notified WHERE recheck_at <= ? GROUP BY +event) due
          WHERE NOT EXISTS (SELECT 1 FROM event_todo WHERE event_todo.event = due.event)
          ORDER BY due.recheck_at, due.event LIMIT ?`,
        [now, limit],
      )
      return readMoments(database, due)
    },

    async listOpen(after, limit) {
      const rows = await database.query<{ event: number; opened: number; changed: number }>(
        `SELECT due.event AS event, ${MOMENT_TIMES}
          FROM (SELECT id AS event FROM event WHERE is_open = 1 AND id > ?
            AND (uid IS NULL OR uid NOT LIKE 'original-%')
            AND NOT EXISTS (SELECT 1 FROM event_todo WHERE event_todo.event = event.id) ORDER BY id LIMIT ?) due
          ORDER BY due.event`,
        [after, limit],
      )
      return readMoments(database, rows)
    },

    forgetNotifiedOpen: (rules, name, value) =>
      database.transaction(async (transaction) => {
        for (const rule of rules)
          await transaction.run(
            'DELETE FROM notified WHERE rule = ? AND event IN (SELECT id FROM event WHERE is_open = 1)',
            [rule],
          )
        await remember(transaction, name, value)
      }),

    async listNotified(event) {
      const rows = await database.query<StoredNotified>(
        `SELECT rule, since, opening, closing, severity, last_notified, recheck_at FROM notified WHERE event = ?`,
        [event],
      )
      return rows.map(toNotified)
    },

    settle: (all, now) =>
      database.transaction(async (transaction) => {
        for (const decided of all) await completeOne(database, transaction, decided, now)
      }),
  }
}

async function readMoments(
  database: Database,
  rows: readonly { event: number; opened: number; changed: number }[],
): Promise<EventMoment[]> {
  const moments: EventMoment[] = []
  for (const { event, opened, changed } of rows) {
    const [row] = await database.query<EventRow>(`${SELECT_EVENTS} WHERE event.id = ?`, [event])
    if (row) moments.push({ event: toEvent(row), opened: Math.min(row.opened, opened), changed })
  }
  return moments
}

async function completeOne(
  database: Database,
  transaction: Transaction,
  { event, change, notified, notifications }: Decided,
  now: number,
) {
  if (change !== null) {
    const answered = await transaction.run('DELETE FROM event_todo WHERE history = ?', [change])
    if (answered === 0) return
  }
  const [isThere] = await transaction.query('SELECT id FROM event WHERE id = ?', [event])
  if (isThere) await saveNotified(database, transaction, event, notified)
  else await forgetNotified(transaction, event)
  for (const notification of notifications) await insertNotification(transaction, event, notification, now)
}

function toNotified({ rule, recheck_at: recheckAt, ...row }: StoredNotified): NotifiedRow {
  const { since, opening, closing, severity, last_notified: last } = row
  return {
    rule,
    notified: { since, opening: opening === 1, closing: closing === 1, severity, last },
    recheckAt,
  }
}

/** For rules that were deleted meanwhile nothing more is stored. */
async function saveNotified(
  database: Database,
  transaction: Transaction,
  event: number,
  rows: readonly NotifiedRow[],
) {
  const upsert = database.dialect.upsert('notified', ['event', 'rule'], NOTIFIED_COLUMNS)
  for (const { rule, notified, recheckAt } of rows) {
    const [isThere] = await transaction.query('SELECT id FROM rule WHERE id = ?', [rule])
    if (!isThere) continue
    const { since, opening, closing, severity, last } = notified
    const values: Value[] = [event, rule, since, flag(opening), flag(closing), severity, last, recheckAt]
    await transaction.run(upsert, values)
  }
}

/** The event was deleted; the record of what was notified was kept only for its last change. */
async function forgetNotified(transaction: Transaction, event: number) {
  await transaction.run(
    'DELETE FROM notified WHERE event = ? AND NOT EXISTS (SELECT 1 FROM event_todo WHERE event = ?)',
    [event, event],
  )
}

async function insertNotification(
  transaction: Transaction,
  event: number,
  notification: NewNotification,
  now: number,
) {
  const { uid, rule, kind, channel, target, snapshot } = notification
  await transaction.run(
    `INSERT INTO outbox (uid, event, rule, rule_name, kind, channel, target, snapshot, created, due, attempts, state)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'waiting')`,
    [uid, event, rule.id, rule.name, kind, channel, target, JSON.stringify(snapshot), now, now],
  )
}
