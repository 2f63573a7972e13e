import type { EventAction } from '../../domain/event.ts'
import type { Database, Transaction, Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { takeEventLock } from '../database/write-locks.ts'
import type { EventChanges } from '../ports/store.ts'
import { noteHistory } from './history.ts'
import { undo } from './undo.ts'

type Person = {
  readonly actor: string
  readonly at: number
  readonly comment?: string | undefined
  /** An event that another user has acknowledged is taken over. */
  readonly takesOver?: boolean
}

type Statement = { readonly sql: string; readonly values: readonly Value[] }

type ByHand = {
  readonly action: EventAction
  /** The statement that changes the event, if it is in the other state; null when it can't be changed. */
  write(id: number, person: Person, transaction: Transaction): Statement | Promise<Statement | null>
}

/** The actions of users on events. */
const BY_HAND: Record<'close' | 'reopen' | 'acknowledge' | 'comment', ByHand> = {
  close: {
    action: 'closed',
    write: (id, { at }) => ({
      sql: `UPDATE event SET is_open = 0, closed = CASE WHEN opened > ? THEN opened ELSE ? END, closed_by_hand = 1,
        is_stale = 0 WHERE id = ? AND is_open = 1`,
      values: [at, at, id],
    }),
  },
  reopen: {
    action: 'reopened',
    write: async (id, _, transaction) =>
      (await hasOpenTwin(transaction, id))
        ? null
        : {
            sql: `UPDATE event SET is_open = 1, closed = NULL, closed_by_hand = 0, acknowledged_by = NULL,
              acknowledged = NULL WHERE id = ? AND is_open = 0`,
            values: [id],
          },
  },
  acknowledge: {
    action: 'acknowledged',
    write: (id, { actor, at, comment, takesOver = true }) => ({
      // A second acknowledgement by the same user changes nothing, unless it has a new comment.
      sql: `UPDATE event SET acknowledged_by = ?, acknowledged = ? WHERE id = ? AND is_open = 1
        AND (acknowledged_by IS NULL OR (acknowledged_by <> ? AND ? = 1) OR (acknowledged_by = ? AND ? = 1
          AND NOT EXISTS (SELECT 1 FROM event_history said WHERE said.event = event.id
          AND said.action = 'acknowledged' AND said.actor = ? AND said.comment_text = ?)))`,
      values: [
        actor,
        at,
        id,
        actor,
        takesOver ? 1 : 0,
        actor,
        comment === undefined ? 0 : 1,
        actor,
        comment ?? '',
      ],
    }),
  },
  comment: {
    action: 'comment',
    write: (id) => ({ sql: 'UPDATE event SET id = id WHERE id = ?', values: [id] }),
  },
}

/** Events of one commit: on SQLite no other transaction writes meanwhile. */
const AT_ONCE = 100

export function createEventChanges(database: Database): EventChanges {
  const changeOne = (what: keyof typeof BY_HAND, id: number, person: Person) =>
    database.transaction(async (transaction) => {
      const [event] = await transaction.query<{ host: number }>('SELECT host FROM event WHERE id = ?', [id])
      return event !== undefined && change(transaction, what, { id, host: event.host }, person)
    })

  return {
    close: (id, actor, at, comment) => changeOne('close', id, { actor, at, comment }),
    reopen: (id, actor, at, comment) => changeOne('reopen', id, { actor, at, comment }),
    acknowledge: (id, actor, at, comment) => changeOne('acknowledge', id, { actor, at, comment }),
    comment: (id, actor, at, comment) => changeOne('comment', id, { actor, at, comment }),

    async changeAll(what, ids, { by: actor, at, comment }) {
      const changed: number[] = []
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        const part = ids.slice(start, start + AT_ONCE)
        const done = await database.transaction((transaction) =>
          changePart(transaction, what, part, { actor, at, comment, takesOver: false }),
        )
        changed.push(...done)
      }
      return changed
    },

    undo: (what, change) => undo(database, { what, ...change }),
  }
}

async function changePart(
  transaction: Transaction,
  what: keyof typeof BY_HAND,
  ids: readonly number[],
  person: Person,
): Promise<number[]> {
  // In the order of the hosts, so that two who wait for the turns of several never wait for each other.
  const events = await transaction.query<{ id: number; host: number }>(
    `SELECT id, host FROM event WHERE id IN (${placeValues(ids.length)}) ORDER BY host, id`,
    ids,
  )
  const changed: number[] = []
  for (const event of events) if (await change(transaction, what, event, person)) changed.push(event.id)
  return changed
}

/** Changes one event and notes it; false when it was not to be changed. */
async function change(
  transaction: Transaction,
  what: keyof typeof BY_HAND,
  { id, host }: { readonly id: number; readonly host: number },
  person: Person,
): Promise<boolean> {
  await takeEventLock(transaction, host)
  const { action, write } = BY_HAND[what]
  const statement = await write(id, person, transaction)
  if (statement === null || (await transaction.run(statement.sql, statement.values)) === 0) return false
  const { actor, at, comment = null } = person
  await noteHistory(transaction, id, { action, time: at, noted: at, actor, comment })
  return true
}

/** Another event of the same metric of the host is open. */
async function hasOpenTwin(transaction: Transaction, id: number): Promise<boolean> {
  const [row] = await transaction.query(
    `SELECT twin.id FROM event JOIN event twin ON twin.host = event.host AND twin.metric = event.metric
      WHERE event.id = ? AND twin.id <> event.id AND twin.is_open = 1 LIMIT 1`,
    [id],
  )
  return row !== undefined
}
