import type { EventSnapshot } from '../../domain/notifications/notified-event.ts'
import type { NotificationKind } from '../../domain/notifications/rule.ts'
import type { Database } from '../database/database.ts'
import type { OutboxStore } from '../ports/store.ts'
import { createOutboxClock } from './outbox-clock.ts'
import { createDecisionStore } from './outbox-decisions.ts'

type OutboxRow = {
  id: number
  uid: string
  event: number
  rule: number
  rule_name: string
  kind: NotificationKind
  channel: string
  target: string
  snapshot: string
  created: number
  due: number
  attempts: number
  uncertain: number
  digest: string | null
}

const flag = (value: boolean) => (value ? 1 : 0)

export function createOutboxStore(database: Database): OutboxStore {
  return {
    ...createDecisionStore(database),

    async listWaiting(perTarget) {
      const rows = await database.query<OutboxRow>(
        `SELECT id, uid, event, rule, rule_name, kind, channel, target, snapshot, created, due, attempts, uncertain, digest
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
        snapshot: JSON.parse(snapshot) as EventSnapshot,
      }))
    },

    countSent: (since) =>
      database.query(
        `SELECT outbox.channel AS channel, outbox.target AS target, COUNT(*) AS total
          FROM delivery JOIN outbox ON outbox.id = delivery.notification
          WHERE delivery.time >= ? AND delivery.is_delivered = 1 AND (outbox.digest IS NULL OR outbox.digest = outbox.uid)
          GROUP BY outbox.channel, outbox.target`,
        [since],
      ),

    bind: (notifications, digest) =>
      database.transaction(async (transaction) => {
        for (const id of notifications)
          await transaction.run(
            `UPDATE outbox SET digest = ? WHERE id = ? AND digest IS NULL AND state = 'waiting'`,
            [digest, id],
          )
      }),

    note: ({ notifications, time, isDelivered, isUncertain = false, answer, due }) =>
      database.transaction(async (transaction) => {
        const state = isDelivered ? 'sent' : due === null ? 'failed' : 'waiting'
        for (const id of notifications) {
          await transaction.run(
            `UPDATE outbox SET attempts = attempts + 1, uncertain = uncertain + ?, state = ?, due = COALESCE(?, due)
              WHERE id = ?`,
            [flag(isUncertain), state, due, id],
          )
          await transaction.run(
            'INSERT INTO delivery (notification, time, is_delivered, answer) VALUES (?, ?, ?, ?)',
            [id, time, flag(isDelivered), answer],
          )
        }
      }),

    split: (notifications, digest, due) =>
      database.transaction(async (transaction) => {
        for (const id of notifications)
          await transaction.run(`UPDATE outbox SET digest = ?, due = ? WHERE id = ? AND state = 'waiting'`, [
            digest,
            due,
            id,
          ])
      }),

    ...createOutboxClock(database),

    // `delivery` is read by its time, so that the cost is that of the time asked for.
    listTargetStates: (since) =>
      database.query(
        `SELECT outbox.channel AS channel, outbox.target AS target,
          MAX(CASE WHEN delivery.is_delivered = 1 THEN delivery.time END) AS worked,
          MIN(CASE WHEN delivery.is_delivered = 0 AND outbox.state = 'waiting' THEN delivery.time END) AS failingSince,
          MAX(CASE WHEN outbox.state = 'failed' THEN delivery.time END) AS gaveUp,
          COUNT(DISTINCT CASE WHEN outbox.state = 'failed' THEN outbox.id END) AS lost
          FROM delivery JOIN outbox ON outbox.id = delivery.notification
          WHERE delivery.time >= ? GROUP BY outbox.channel, outbox.target`,
        [since],
      ),
  }
}
