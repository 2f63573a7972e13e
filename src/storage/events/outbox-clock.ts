import type { Database } from '../database/database.ts'
import { CLOCK_TOLERANCE } from '../hosts/last-seen.ts'
import type { OutboxStore } from '../ports/store.ts'

/** The times of what waits in the outbox, where the clock that wrote them jumps or was wrong. */
export function createOutboxClock(database: Database): Pick<OutboxStore, 'shiftTimes' | 'clampTimes'> {
  return {
    shiftTimes: (seconds) =>
      database.transaction(async (transaction) => {
        await transaction.run(
          `UPDATE outbox SET created = created + ?, due = due + ? WHERE state = 'waiting'`,
          [seconds, seconds],
        )
        await transaction.run(
          `UPDATE notified SET since = since + ?, last_notified = last_notified + ?, recheck_at = recheck_at + ?
            WHERE recheck_at IS NOT NULL`,
          [seconds, seconds, seconds],
        )
      }),

    clampTimes: (now) =>
      database.transaction(async (transaction) => {
        const latest = now + CLOCK_TOLERANCE
        await transaction.run(
          `UPDATE outbox SET due = ? WHERE state = 'waiting' AND due > ? AND (created > ?
            OR EXISTS (SELECT 1 FROM delivery WHERE delivery.notification = outbox.id AND delivery.time > ?))`,
          [now, now, latest, latest],
        )
        await transaction.run(`UPDATE outbox SET created = ? WHERE state = 'waiting' AND created > ?`, [
          now,
          latest,
        ])
        // In this order, because MySQL uses a column's new value further right, SQLite its old one.
        await transaction.run(
          `UPDATE notified SET recheck_at = ?, since = CASE WHEN since > ? THEN ? ELSE since END,
            last_notified = CASE WHEN last_notified > ? THEN ? ELSE last_notified END
            WHERE recheck_at > ? AND (since > ? OR last_notified > ?)`,
          [now, latest, now, latest, now, now, latest, latest],
        )
      }),
  }
}
