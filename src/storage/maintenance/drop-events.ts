import type { Clock } from '../../lib/clock.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { Database, Reader, Transaction } from '../database/database.ts'
import { deleteEvents } from '../events/history.ts'
import { PiecePace } from './piece-pace.ts'

const NOTIFICATION_ROWS = 200

/**
 * Each event changes pages of its own in the indexes that begin with its host. A run of ten thousand takes 500 pieces at the
 * most, with two minutes of rest: the next one is due after ten.
 */
const PIECES = { least: 20, most: 500, aimMs: 10, rests: 2 } as const
/** So many closed events of a host are deleted together with it. */
const EVENTS_WITH_HOST = 500
/** Others get the thread while the commit is flushed; deleting again what is gone does nothing. */
const COMMIT = { flushesAside: true, isScattered: true } as const

export type DropOptions = {
  readonly limit: number
  readonly clock: Clock
  /** True once the rest is to be left for another time; asked after each piece. */
  readonly isOver: () => boolean
}

/** See `MaintenanceStore.dropEvents`. */
export async function dropEvents(
  database: Database,
  before: number,
  { limit, clock, isOver }: DropOptions,
): Promise<number> {
  const pace = new PiecePace(PIECES)
  let dropped = 0
  // Without anything to do there is no commit either.
  while (dropped < limit && (await hasOldEvent(database, before))) {
    const most = Math.min(pace.rows, limit - dropped)
    let begun = 0
    const count = await database.transaction((transaction) => {
      begun = clock.monotonicMs()
      return dropOldestEvents(transaction, before, most)
    }, COMMIT)
    dropped += count
    if (isOver()) return dropped
    await rest(clock, pace.note(clock.monotonicMs() - begun))
  }
  await dropStrayNotifications(database, before)
  return dropped
}

/** Lets others have the thread, at least. */
function rest(clock: Clock, ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => clock.after(ms, resolve)) : yieldThread()
}

/**
 * Drops the closed events of a host that was not seen since `before`, where they are many; how many. To be called before the
 * host itself is deleted in one transaction, for which everything else waits: 30,000 events take half a second.
 */
export async function dropManyClosedEvents(
  database: Database,
  host: number,
  before: number,
  { clock, isOver }: Omit<DropOptions, 'limit'>,
): Promise<number> {
  const [oneTooMany] = await database.query(
    'SELECT id FROM event WHERE host = ? AND is_open = 0 LIMIT 1 OFFSET ?',
    [host, EVENTS_WITH_HOST],
  )
  if (oneTooMany === undefined) return 0
  const pace = new PiecePace(PIECES)
  let dropped = 0
  for (;;) {
    const most = pace.rows
    let begun = 0
    const count = await database.transaction(async (transaction) => {
      begun = clock.monotonicMs()
      const rows = await transaction.query<{ id: number }>(
        `SELECT event.id AS id FROM host JOIN event ON event.host = host.id
          WHERE host.id = ? AND host.last_seen < ? AND event.is_open = 0 LIMIT ?`,
        [host, before, most],
      )
      await deleteEvents(
        transaction,
        rows.map(({ id }) => id),
        { keepPromises: true },
      )
      return rows.length
    }, COMMIT)
    dropped += count
    if (count < most || isOver()) return dropped
    await rest(clock, pace.note(clock.monotonicMs() - begun))
  }
}

async function hasOldEvent(database: Database, before: number): Promise<boolean> {
  const [row] = await database.query('SELECT id FROM event WHERE is_open = 0 AND closed < ? LIMIT 1', [
    before,
  ])
  return row !== undefined
}

async function dropOldestEvents(transaction: Transaction, before: number, most: number): Promise<number> {
  const rows = await transaction.query<{ id: number }>(
    'SELECT id FROM event WHERE is_open = 0 AND closed < ? ORDER BY closed, id LIMIT ?',
    [before, most],
  )
  await deleteEvents(
    transaction,
    rows.map(({ id }) => id),
  )
  return rows.length
}

/** Notifications that outlived their events, because they were waiting when the events were deleted. */
async function dropStrayNotifications(database: Database, before: number) {
  const findSome = (reader: Reader) =>
    reader.query<{ id: number }>(
      `SELECT id FROM outbox WHERE created < ? AND state <> 'waiting'
        AND NOT EXISTS (SELECT 1 FROM event WHERE event.id = outbox.event) LIMIT ?`,
      [before, NOTIFICATION_ROWS],
    )
  if ((await findSome(database)).length === 0) return
  await database.transaction(async (transaction) => {
    for (const { id } of await findSome(transaction)) {
      await transaction.run('DELETE FROM delivery WHERE notification = ?', [id])
      await transaction.run('DELETE FROM outbox WHERE id = ?', [id])
    }
  })
}
