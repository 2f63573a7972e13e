import type { Event, Severity } from '../../domain/event.ts'
import type { NoticeKind } from '../../domain/rule.ts'
import type { Database, Transaction, Value } from '../database/database.ts'
import type { Decided, NewNotice, OutboxStore, ToldRow } from '../ports/store.ts'
import { type EventRow, SELECT_EVENTS, toEvent } from './event-rows.ts'

type TodoRow = {
  id: number
  event: number
  opened: number
  changed: number
  snapshot: string
  followed: number | null
}

type StoredTold = {
  rule: number
  since: number | null
  opening: number
  closing: number
  severity: Severity | null
  last_told: number | null
  look_again: number | null
}

type NoticeRow = {
  id: number
  uid: string
  event: number
  rule: number
  rule_name: string
  kind: NoticeKind
  channel: string
  target: string
  snapshot: string
  created: number
  due: number
  attempts: number
  digest: string | null
}

const TOLD_COLUMNS = [
  'event',
  'rule',
  'since',
  'opening',
  'closing',
  'severity',
  'last_told',
  'look_again',
] as const

const flag = (value: boolean) => (value ? 1 : 0)

export function createOutboxStore(database: Database): OutboxStore {
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
      // Changes that wait come first: an event must not be looked at from further on than the rules have come.
      const due = await database.query<{ event: number; opened: number; changed: number }>(
        `SELECT due.event AS event,
          (SELECT MIN(noted) FROM event_history WHERE event = due.event) AS opened,
          (SELECT MAX(CASE WHEN time < noted THEN time ELSE noted END) FROM event_history
            WHERE event = due.event AND action IN ('opened', 'severity', 'closed', 'reopened')) AS changed
          FROM (SELECT event, MIN(look_again) AS look_again FROM told WHERE look_again <= ? GROUP BY event) due
          WHERE NOT EXISTS (SELECT 1 FROM event_todo WHERE event_todo.event = due.event)
          ORDER BY due.look_again, due.event LIMIT ?`,
        [now, limit],
      )
      const moments = []
      for (const { event, opened, changed } of due) {
        const [row] = await database.query<EventRow>(`${SELECT_EVENTS} WHERE event.id = ?`, [event])
        if (row) moments.push({ event: toEvent(row), opened: Math.min(row.opened, opened), changed })
      }
      return moments
    },

    async listTold(event) {
      const rows = await database.query<StoredTold>(
        `SELECT rule, since, opening, closing, severity, last_told, look_again FROM told WHERE event = ?`,
        [event],
      )
      return rows.map(toTold)
    },

    settle: (all, now) =>
      database.transaction(async (transaction) => {
        for (const decided of all) await settleOne(database, transaction, decided, now)
      }),

    async listWaiting(perTarget) {
      const rows = await database.query<NoticeRow>(
        `SELECT id, uid, event, rule, rule_name, kind, channel, target, snapshot, created, due, attempts, digest
          FROM (SELECT outbox.*, ROW_NUMBER() OVER (PARTITION BY channel, target ORDER BY id) AS place
            FROM outbox WHERE state = 'waiting') waiting
          WHERE place <= ? ORDER BY id`,
        [perTarget],
      )
      return rows.map(({ rule, rule_name: name, snapshot, digest, ...rest }) => ({
        ...rest,
        digest: digest === rest.uid ? null : digest,
        isAlone: digest === rest.uid,
        rule: { id: rule, name },
        snapshot: JSON.parse(snapshot) as Event,
      }))
    },

    countSent: (since) =>
      database.query(
        `SELECT outbox.channel AS channel, outbox.target AS target, COUNT(*) AS total
          FROM delivery JOIN outbox ON outbox.id = delivery.notice
          WHERE delivery.time >= ? AND delivery.is_taken = 1 AND (outbox.digest IS NULL OR outbox.digest = outbox.uid)
          GROUP BY outbox.channel, outbox.target`,
        [since],
      ),

    bind: (notices, digest) =>
      database.transaction(async (transaction) => {
        for (const id of notices)
          await transaction.run(
            `UPDATE outbox SET digest = ? WHERE id = ? AND digest IS NULL AND state = 'waiting'`,
            [digest, id],
          )
      }),

    note: ({ notices, time, isTaken, answer, due }) =>
      database.transaction(async (transaction) => {
        const state = isTaken ? 'sent' : due === null ? 'failed' : 'waiting'
        for (const id of notices) {
          await transaction.run(
            'UPDATE outbox SET attempts = attempts + 1, state = ?, due = COALESCE(?, due) WHERE id = ?',
            [state, due, id],
          )
          await transaction.run('INSERT INTO delivery (notice, time, is_taken, answer) VALUES (?, ?, ?, ?)', [
            id,
            time,
            flag(isTaken),
            answer,
          ])
        }
      }),
  }
}

async function settleOne(
  database: Database,
  transaction: Transaction,
  { event, change, told, notices }: Decided,
  now: number,
) {
  if (change !== null) {
    const answered = await transaction.run('DELETE FROM event_todo WHERE history = ?', [change])
    if (answered === 0) return
  }
  const [isThere] = await transaction.query('SELECT id FROM event WHERE id = ?', [event])
  if (isThere) await saveTold(database, transaction, event, told)
  else await forgetTold(transaction, event)
  for (const notice of notices) await insertNotice(transaction, event, notice, now)
}

function toTold({ rule, look_again: lookAgain, ...row }: StoredTold): ToldRow {
  const { since, opening, closing, severity, last_told: last } = row
  return {
    rule,
    told: { since, opening: opening === 1, closing: closing === 1, severity, last },
    lookAgain,
  }
}

/** Rules that were deleted meanwhile are told nothing more. */
async function saveTold(
  database: Database,
  transaction: Transaction,
  event: number,
  rows: readonly ToldRow[],
) {
  const upsert = database.dialect.upsert('told', ['event', 'rule'], TOLD_COLUMNS)
  for (const { rule, told, lookAgain } of rows) {
    const [isThere] = await transaction.query('SELECT id FROM rule WHERE id = ?', [rule])
    if (!isThere) continue
    const { since, opening, closing, severity, last } = told
    const values: Value[] = [event, rule, since, flag(opening), flag(closing), severity, last, lookAgain]
    await transaction.run(upsert, values)
  }
}

/** The event is gone; what was told of it was kept for its last change alone. */
async function forgetTold(transaction: Transaction, event: number) {
  await transaction.run(
    'DELETE FROM told WHERE event = ? AND NOT EXISTS (SELECT 1 FROM event_todo WHERE event = ?)',
    [event, event],
  )
}

async function insertNotice(transaction: Transaction, event: number, notice: NewNotice, now: number) {
  const { uid, rule, kind, channel, target, snapshot } = notice
  await transaction.run(
    `INSERT INTO outbox (uid, event, rule, rule_name, kind, channel, target, snapshot, created, due, attempts, state)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'waiting')`,
    [uid, event, rule.id, rule.name, kind, channel, target, JSON.stringify(snapshot), now, now],
  )
}
