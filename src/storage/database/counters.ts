import type { Reader, Transaction } from './database.ts'

/** See the comment on the table in `migrations.ts`. */
export type Counter =
  | 'revision'
  | 'removed'
  | 'compact_before'
  | 'compact_host'
  | 'next_chunk'
  | 'maintenance_lock'
  /** Which key the secrets of second factors are sealed under; 0 and absent for none. */
  | 'secret_check'

export async function readCounters(reader: Reader): Promise<Record<Counter, number>> {
  const counters: Record<Counter, number> = {
    revision: 0,
    removed: 0,
    compact_before: 0,
    compact_host: -1,
    next_chunk: 1,
    maintenance_lock: 0,
    secret_check: 0,
  }
  const rows = await reader.query<{ name: Counter; value: number }>('SELECT name, value FROM counter')
  for (const { name, value } of rows) counters[name] = value
  return counters
}

export async function findCounter(reader: Reader, name: Counter): Promise<number> {
  return (await readCounters(reader))[name]
}

export async function setCounter(transaction: Transaction, name: Counter, value: number) {
  await transaction.run('UPDATE counter SET value = ? WHERE name = ?', [value, name])
}

export async function addToCounter(transaction: Transaction, name: Counter, amount: number) {
  await transaction.run('UPDATE counter SET value = value + ? WHERE name = ?', [amount, name])
}
