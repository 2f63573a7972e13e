import type { EventAction } from '../../domain/event.ts'
import type { Database, Transaction } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { takeEventLock } from '../database/write-locks.ts'
import type { UndoResult } from '../ports/events.ts'
import { noteHistory } from './history.ts'

export type UndoRequest = {
  readonly what: 'close' | 'acknowledge'
  readonly by: string
  /** When it was done, by the server's clock. */
  readonly done: number
  readonly at: number
  readonly ids?: readonly number[] | undefined
}

type UndoEntry = { readonly id: number; readonly event: number; readonly host: number }

/**
 * The change to undo is searched for among this many of the newest entries: undoing is meant for the moments
 * after a change.
 */
const MAX_SEARCHED = 20_000
/** Events of one commit. */
const AT_ONCE = 100
const ACTIONS = { close: 'closed', acknowledge: 'acknowledged' } as const

/** Takes back a user's change to events; events that were changed again since then are left as they are. */
export async function undo(database: Database, request: UndoRequest): Promise<UndoResult> {
  const entries = await findEntries(database, request)
  const undone: number[] = []
  const kept: UndoResult['kept'][number][] = []
  for (let start = 0; start < entries.length; start += AT_ONCE) {
    const part = entries.slice(start, start + AT_ONCE)
    const results = await database.transaction(async (transaction) => {
      const all = []
      for (const entry of part) all.push(await undoOne(transaction, entry, request))
      return all
    })
    for (const [i, later] of results.entries()) {
      const id = part[i]?.event ?? 0
      if (later === null) undone.push(id)
      else kept.push({ id, ...later })
    }
  }
  return { undone, kept }
}

function findEntries(database: Database, { what, by, done, ids }: UndoRequest): Promise<UndoEntry[]> {
  const only = ids === undefined ? '' : `AND entry.event IN (${placeValues(ids.length)})`
  if (ids?.length === 0) return Promise.resolve([])
  // In the order of the hosts, so that two who wait for the locks of several never wait for each other.
  return database.query<UndoEntry>(
    `SELECT MAX(entry.id) AS id, entry.event AS event, event.host AS host FROM event_history entry
      JOIN event ON event.id = entry.event
      WHERE entry.id > (SELECT MAX(newest.id) - ${MAX_SEARCHED} FROM event_history newest)
      AND entry.noted = ? AND entry.action = ? AND entry.actor = ? ${only}
      GROUP BY entry.event, event.host ORDER BY event.host, entry.event`,
    [done, ACTIONS[what], by, ...(ids ?? [])],
  )
}

type Later = { readonly action: EventAction; readonly actor: string | null; readonly time: number }

/** Null when it was undone; otherwise the newest change since then. */
async function undoOne(
  transaction: Transaction,
  { id, event, host }: UndoEntry,
  { what, by, at }: UndoRequest,
): Promise<Later | null> {
  await takeEventLock(transaction, host)
  const [later] = await transaction.query<Later>(
    `SELECT action, actor, noted AS time FROM event_history WHERE event = ? AND id > ? AND action <> 'comment'
      ORDER BY id DESC LIMIT 1`,
    [event, id],
  )
  if (later !== undefined) return later
  if (what === 'close') {
    // Its reporter may have seen the end meanwhile, which is not recorded as a change of an event that is
    // already closed.
    const opened = await transaction.run(
      `UPDATE event SET is_open = 1, closed = NULL, closed_by_hand = 0 WHERE id = ? AND is_open = 0 AND seen_open = 1`,
      [event],
    )
    if (opened === 0) return { action: 'closed', actor: null, time: at }
    await noteHistory(transaction, event, { action: 'reopened', time: at, noted: at, actor: by })
    return null
  }
  const [before] = await transaction.query<{ actor: string | null; noted: number; action: EventAction }>(
    `SELECT actor, noted, action FROM event_history WHERE event = ? AND id < ?
      AND action IN ('acknowledged', 'unacknowledged', 'reopened') ORDER BY id DESC LIMIT 1`,
    [event, id],
  )
  const former = before?.action === 'acknowledged' ? before : null
  await transaction.run('UPDATE event SET acknowledged_by = ?, acknowledged = ? WHERE id = ?', [
    former?.actor ?? null,
    former?.noted ?? null,
    event,
  ])
  await noteHistory(transaction, event, { action: 'unacknowledged', time: at, noted: at, actor: by })
  return null
}
