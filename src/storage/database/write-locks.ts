import type { Transaction } from './database.ts'
import type { Dialect } from './dialect.ts'

/**
 * On SQLite one transaction writes at a time. On MySQL several collect engines write at once, even on several
 * nodes of a cluster, and three changes must not happen during a commit of theirs: advancing the compaction
 * barrier, deleting a host, deleting a metric set. The engines keep ids and the barrier in memory for the
 * length of a transaction.
 *
 * So each commit of a collect engine changes one row of `gate`, no matter which, and reads the counters after
 * that; a transaction that makes one of the three changes first changes all rows. On one server the row locks
 * make one wait for the other. In a Galera cluster, where locks are local to the node, the two changes of one
 * row are a certification conflict: the later of them is rolled back and run again. A lock that is only read
 * would not be seen by the other nodes.
 */
export const SHARED_LOCKS = 64

/** Step of the schema. */
export const createWriteLockTables = ({ integer, clustered }: Dialect): readonly string[] => [
  `CREATE TABLE gate (id ${integer} NOT NULL PRIMARY KEY, passes ${integer} NOT NULL) ${clustered}`,
  `INSERT INTO gate (id, passes) VALUES ${Array.from({ length: SHARED_LOCKS }, (_, i) => `(${i}, 0)`).join(', ')}`,
  `INSERT INTO counter (name, value) VALUES ('maintenance_turn', 0)`,
  `ALTER TABLE host ADD COLUMN event_turn ${integer} NOT NULL DEFAULT 0`,
]

/** Run first in a transaction that writes what agents sent; those with another `gate` do not wait for it. */
export async function enterSharedLock(transaction: Transaction, lock: number): Promise<void> {
  const { sharedLocks } = transaction.dialect
  if (sharedLocks) await transaction.run(sharedLocks.pass, [lock])
}

/**
 * Waits until no commit of a collect engine is under way and holds off the next ones until the transaction
 * ends. Run first in it.
 */
export async function takeExclusiveLock(transaction: Transaction): Promise<void> {
  const { sharedLocks } = transaction.dialect
  if (sharedLocks) await transaction.run(sharedLocks.close)
}

/**
 * Keeps compaction and retention, of which each does one thing after the other, out of each other's way;
 * those too who take the access of admins away. Run first in a transaction.
 */
export async function takeMaintenanceLock(transaction: Transaction): Promise<void> {
  await transaction.run(`UPDATE counter SET value = value + 1 WHERE name = 'maintenance_lock'`)
}

/**
 * Serialises the transactions that decide on the events of one host. Run before reading the data for the
 * decision.
 */
export async function takeEventLock(transaction: Transaction, host: number): Promise<void> {
  await transaction.run('UPDATE host SET event_lock = event_lock + 1 WHERE id = ?', [host])
}
