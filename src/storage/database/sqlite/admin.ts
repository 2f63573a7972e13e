import { statSync } from 'node:fs'
import { describeError } from '../../../lib/log.ts'
import { yieldThread } from '../../../lib/yield-thread.ts'
import type { TableShape, Upkeep } from '../admin.ts'
import { backUp } from './backup.ts'
import type { SqliteDatabase } from './sqlite.ts'
import { isDamage } from './watched-file.ts'

/** Free pages given back in one piece. */
const COMPACT_PAGES = 500

export function createSqliteUpkeep(database: SqliteDatabase): Upkeep {
  return {
    checkFile: () => database.checkFile(),
    diskFailures: () => database.diskFailures(),
    countBytes: async () => countBytes(database.file),
    async findDamage() {
      try {
        const rows = await database.query<{ integrity_check: string }>('PRAGMA integrity_check')
        return rows
          .filter((row) => row.integrity_check !== 'ok')
          .map((row) => `the file is damaged: ${row.integrity_check}`)
      } catch (error) {
        if (!isDamage(error)) throw error
        return [`the file is damaged: ${describeError(error)}`]
      }
    },
    listTables: () => listTables(database),
    backUp: (file) => backUp(database, file),
    reclaim: () => reclaim(database),
  }
}

/** The database and its write-ahead log; the shared memory file beside them is only an index of the log. */
function countBytes(file: string): number {
  let bytes = 0
  for (const name of [file, `${file}-wal`, `${file}-shm`])
    bytes += statSync(name, { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

async function listTables(database: SqliteDatabase): Promise<TableShape[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name`,
  )
  const shapes: TableShape[] = []
  for (const { name } of tables) {
    const columns = await database.query<{ name: string; pk: number }>(
      'SELECT name, pk FROM pragma_table_info(?) ORDER BY cid',
      [name],
    )
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    shapes.push({
      name,
      columns: columns.map((column) => column.name),
      key: key.map((column) => column.name),
    })
  }
  return shapes
}

/** In pieces, so that others can write between them; then the log is emptied as far as no reader needs it. */
async function reclaim(database: SqliteDatabase) {
  for (;;) {
    const [row] = await database.query<{ freelist_count: number }>('PRAGMA freelist_count')
    if (!row || row.freelist_count === 0) break
    await database.transaction((transaction) =>
      transaction.query(`PRAGMA incremental_vacuum(${COMPACT_PAGES})`),
    )
    await yieldThread()
  }
  await database.emptyLog()
}
