import { addToCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { closeGates, takeMaintenanceTurn } from '../database/write-locks.ts'
import { yieldThread } from '../database/yield-to-event-loop.ts'
import { deleteEvents } from '../events/history.ts'
import { deleteHost } from '../hosts/hosts.ts'
import { deleteBlock } from '../timeseries/blocks.ts'
import { readLayout } from '../timeseries/codec/frame.ts'
import { deleteFrontFrames } from '../timeseries/compaction.ts'
import { dayOf } from '../timeseries/day.ts'

/** Rows deleted in one transaction: enough to get on, few enough that nobody waits. */
const FRAME_ROWS = 5000
const BLOCK_ROWS = 200
const EVENT_ROWS = 1000

/** Drops a bounded piece of what is older than `before`; true when more is left. */
export async function dropSamples(database: Database, before: number): Promise<boolean> {
  if (await dropFrames(database, before)) return true
  // A block that reaches beyond `before` stays until all of it is too old.
  const firstKept = dayOf(before)
  if (await dropBlocks(database, firstKept)) return true
  await dropLayouts(database, firstKept)
  return false
}

async function dropFrames(database: Database, before: number): Promise<boolean> {
  const [seen] = await database.query('SELECT time FROM frame WHERE time < ? LIMIT 1', [before])
  if (!seen) return false
  return database.transaction(async (transaction) => {
    await takeMaintenanceTurn(transaction)
    return deleteFrontFrames(transaction, before, FRAME_ROWS)
  })
}

async function dropBlocks(database: Database, firstKept: number): Promise<boolean> {
  return database.transaction(async (transaction) => {
    await takeMaintenanceTurn(transaction)
    const rows = await transaction.query<{ day: number; host: number }>(
      'SELECT day, host FROM block WHERE day < ? ORDER BY day, host LIMIT ?',
      [firstKept, BLOCK_ROWS],
    )
    for (const { day, host } of rows) await deleteBlock(transaction, host, day)
    return rows.length === BLOCK_ROWS
  })
}

/** Lists of metrics that no sample and no newest frame uses any more. */
async function dropLayouts(database: Database, firstKept: number) {
  const [old] = await database.query('SELECT host FROM host_layout WHERE last_day < ? LIMIT 1', [firstKept])
  if (!old) return
  await database.transaction(async (transaction) => {
    await takeMaintenanceTurn(transaction)
    await closeGates(transaction)
    await transaction.run('DELETE FROM host_layout WHERE last_day < ?', [firstKept])
    const used = new Set<number>()
    const rows = await transaction.query<{ layout: number }>('SELECT DISTINCT layout FROM host_layout')
    for (const { layout } of rows) used.add(layout)
    // A host that is silent shows its newest frame until it is dropped itself.
    const latest = await transaction.query<{ latest: Uint8Array }>(
      'SELECT latest FROM host WHERE latest IS NOT NULL',
    )
    for (const { latest: packed } of latest) used.add(readLayout(packed))
    const layouts = await transaction.query<{ id: number }>('SELECT id FROM layout')
    for (const { id } of layouts)
      if (!used.has(id)) await transaction.run('DELETE FROM layout WHERE id = ?', [id])
    await addToCounter(transaction, 'removed', 1)
  })
}

/** Closed events that closed before; how many. */
export async function dropEvents(database: Database, before: number): Promise<number> {
  let dropped = 0
  for (;;) {
    const count = await database.transaction(async (transaction) => {
      const rows = await transaction.query<{ id: number }>(
        'SELECT id FROM event WHERE is_open = 0 AND closed < ? LIMIT ?',
        [before, EVENT_ROWS],
      )
      await deleteEvents(
        transaction,
        rows.map(({ id }) => id),
      )
      return rows.length
    })
    dropped += count
    if (count < EVENT_ROWS) break
    await yieldThread()
  }
  await database.transaction((transaction) => dropStrayNotices(transaction, before))
  return dropped
}

/** Notices that outlived their events, because they were waiting when those went. */
async function dropStrayNotices(transaction: Transaction, before: number) {
  const rows = await transaction.query<{ id: number }>(
    `SELECT id FROM outbox WHERE created < ? AND state <> 'waiting'
      AND NOT EXISTS (SELECT 1 FROM event WHERE event.id = outbox.event) LIMIT ?`,
    [before, EVENT_ROWS],
  )
  for (const { id } of rows) {
    await transaction.run('DELETE FROM delivery WHERE notice = ?', [id])
    await transaction.run('DELETE FROM outbox WHERE id = ?', [id])
  }
}

/** Hosts not heard since, each in a transaction of its own; their names. */
export async function dropHosts(database: Database, before: number): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    'SELECT name FROM host WHERE last_heard < ? ORDER BY name',
    [before],
  )
  const dropped: string[] = []
  for (const { name } of rows) {
    const isDropped = await database.transaction(async (transaction) => {
      await takeMaintenanceTurn(transaction)
      await closeGates(transaction)
      // It may have been heard meanwhile.
      const [row] = await transaction.query('SELECT id FROM host WHERE name = ? AND last_heard < ?', [
        name,
        before,
      ])
      return row !== undefined && (await deleteHost(transaction, name))
    })
    if (isDropped) dropped.push(name)
    await yieldThread()
  }
  return dropped
}
