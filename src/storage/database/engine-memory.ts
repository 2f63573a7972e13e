import type { Transaction } from './database.ts'

/** Keeps what the event engine has to know after a restart, in place of what it kept under this name; null forgets it. */
export async function remember(transaction: Transaction, name: string, value: string | null) {
  if (value === null) await transaction.run('DELETE FROM engine_memory WHERE name = ?', [name])
  else
    await transaction.run(transaction.dialect.upsert('engine_memory', ['name'], ['name', 'value']), [
      name,
      value,
    ])
}
