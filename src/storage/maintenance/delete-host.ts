import { addToCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { TABLES } from '../database/tables.ts'
import { takeExclusiveLock, takeMaintenanceLock } from '../database/write-locks.ts'
import { deleteEventsOfHost } from '../events/history.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import { deleteBlock, listBlockDays } from '../timeseries/blocks.ts'
import { ALL_TIME, readFrames } from '../timeseries/frames.ts'

/**
 * Tables whose rows of a host are not found by the column alone, or that take rows of further tables with
 * them.
 */
const SPECIAL: Readonly<Record<string, (transaction: Transaction, host: number) => Promise<void>>> = {
  event: (transaction, host) => deleteEventsOfHost(transaction, host),
  // No index begins with the host: reading walks from time to time instead of through every row.
  async frame(transaction, host) {
    for (const { time } of await readFrames(transaction, host, ALL_TIME))
      await transaction.run('DELETE FROM frame WHERE time = ? AND host = ?', [time, host])
  },
  async block(transaction, host) {
    for (const day of await listBlockDays(transaction, host)) await deleteBlock(transaction, host, day)
  },
}

/**
 * Deletes the host and its rows in every table that refers to hosts, in the running transaction, which holds
 * the maintenance lock and the exclusive write lock. Returns false when there is no host with this name.
 */
export async function deleteHost(transaction: Transaction, name: string): Promise<boolean> {
  const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [name])
  if (!row) return false
  for (const { name: table, references } of TABLES)
    for (const reference of references)
      if (reference.table === 'host')
        await (SPECIAL[table]?.(transaction, row.id) ??
          transaction.run(`DELETE FROM ${table} WHERE ${reference.column} = ?`, [row.id]))
  await transaction.run('DELETE FROM host WHERE id = ?', [row.id])
  await addToCounter(transaction, 'removed', 1)
  return true
}

/**
 * Deletes one host at the request of a user, in a transaction of its own. Returns false when there is none.
 */
export async function deleteHostNow(
  database: Database,
  lastSeen: LastSeenBuffer,
  name: string,
): Promise<boolean> {
  await lastSeen.settle()
  return database.transaction(async (transaction) => {
    await takeMaintenanceLock(transaction)
    await takeExclusiveLock(transaction)
    return deleteHost(transaction, name)
  })
}
