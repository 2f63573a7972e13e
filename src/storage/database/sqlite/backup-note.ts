import type { BackupNote } from '../../ports/store.ts'
import type { Database } from '../database.ts'

const NAME = 'last_backup'

/** Replaces what was noted of the one before. */
export async function noteBackup(database: Database, { time, file }: BackupNote): Promise<void> {
  await database.transaction((transaction) =>
    transaction.run(database.dialect.upsert('engine_memory', ['name'], ['name', 'value']), [
      NAME,
      JSON.stringify({ time, file }),
    ]),
  )
}

export async function findLastBackup(database: Database): Promise<BackupNote | null> {
  const [row] = await database.query<{ value: string }>('SELECT value FROM engine_memory WHERE name = ?', [
    NAME,
  ])
  return row ? (JSON.parse(row.value) as BackupNote) : null
}
