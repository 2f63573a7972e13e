import type { Transaction } from './database.ts'
import type { Dialect } from './dialect.ts'

/**
 * On SQLite one transaction writes at a time. On MySQL several collect engines write at once, on several nodes of a cluster even, and
 * three things must not happen beside a commit of theirs: the fold barrier moving on, a host going, a list of metrics going. They keep
 * ids and the barrier in mind for the length of a transaction.
 *
 * So each commit of a collect engine changes one row of `gate`, which row does not matter, and reads the counters after that; and
 * whoever does one of the three changes all rows first. On one server the row locks make one wait for the other. In a Galera cluster, where
 * locks end at the node, the two changes of one row are a certification conflict: the later of them is rolled back and run again. A lock
 * that is only read would not be seen by the other nodes.
 */
export const GATES = 64

/** Step of the schema. */
export const createGateTables = ({ integer, clustered }: Dialect): readonly string[] => [
  `CREATE TABLE gate (id ${integer} NOT NULL PRIMARY KEY, passes ${integer} NOT NULL) ${clustered}`,
  `INSERT INTO gate (id, passes) VALUES ${Array.from({ length: GATES }, (_, i) => `(${i}, 0)`).join(', ')}`,
  `INSERT INTO counter (name, value) VALUES ('maintenance_turn', 0)`,
  `ALTER TABLE host ADD COLUMN event_turn ${integer} NOT NULL DEFAULT 0`,
]

/** Run first in a transaction that writes what agents sent; those with another `gate` do not wait for it. */
export async function passGate(transaction: Transaction, gate: number): Promise<void> {
  const { gates } = transaction.dialect
  if (gates) await transaction.run(gates.pass, [gate])
}

/** Waits until no commit of a collect engine is under way and holds off the next ones until the transaction ends. Run first in it. */
export async function closeGates(transaction: Transaction): Promise<void> {
  const { gates } = transaction.dialect
  if (gates) await transaction.run(gates.close)
}

/**
 * Keeps folding and retention, of which each does one thing after the other, out of each other's way; those too who take the
 * access of admins away. Run first in a transaction.
 */
export async function takeMaintenanceTurn(transaction: Transaction): Promise<void> {
  await transaction.run(`UPDATE counter SET value = value + 1 WHERE name = 'maintenance_turn'`)
}

/** Keeps those apart who decide on the events of one host. Run before reading what the decision rests on. */
export async function takeEventTurn(transaction: Transaction, host: number): Promise<void> {
  await transaction.run('UPDATE host SET event_turn = event_turn + 1 WHERE id = ?', [host])
}
