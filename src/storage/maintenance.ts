import { statSync } from 'node:fs'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { backUp } from './backup.ts'
import { checkDatabase } from './check.ts'
import { addToCounter, readCounters } from './counters.ts'
import type { Database } from './database.ts'
import { foldFrames } from './fold.ts'
import type { HostStates } from './host-states.ts'
import type { LayoutReader } from './layouts.ts'
import { dropEvents, dropHosts, dropSamples } from './retention.ts'
import type { SqliteDatabase } from './sqlite.ts'
import type { MaintenanceStore, StorageStats } from './store.ts'
import { yieldThread } from './yield-thread.ts'

/** A ping that went well stands for so long for those behind it, so that asking often costs no disk. */
const PING_WRITE_MS = 5000
/** Free pages given back in one piece. */
const COMPACT_PAGES = 500

export function createMaintenanceStore(
  database: SqliteDatabase,
  layouts: LayoutReader,
  states: HostStates,
  clock: Clock,
  log: Log,
): MaintenanceStore {
  let lastWrite = Number.NEGATIVE_INFINITY
  return {
    fold: (before, limit) => foldFrames(database, layouts, before, limit),
    dropSamples: (before) => dropSamples(database, before),
    dropEvents: (before) => dropEvents(database, before),
    async dropHosts(before) {
      await states.settle()
      return dropHosts(database, before)
    },
    async stats() {
      await states.settle()
      return readStats(database)
    },
    async check() {
      await states.settle()
      return checkDatabase(database, layouts)
    },
    async backup(file) {
      await states.settle()
      await backUp(database, file)
      log.info('backup written', { file })
    },
    compact: () => compact(database),
    async ping() {
      const now = clock.monotonicMs()
      if (now - lastWrite < PING_WRITE_MS) {
        await database.query('SELECT value FROM counter LIMIT 1')
        return
      }
      await database.transaction((transaction) => addToCounter(transaction, 'revision', 0))
      lastWrite = now
    },
  }
}

async function readStats(database: SqliteDatabase): Promise<StorageStats> {
  const { fold_before: foldBefore, fold_host: foldHost } = await readCounters(database)
  const folded = [foldBefore, foldHost]
  // Frames that are folded already but not deleted yet are in their blocks.
  const [row] = await database.query<Omit<StorageStats, 'bytes'>>(
    `SELECT (SELECT COUNT(*) FROM host) AS hosts,
      (SELECT COUNT(*) FROM metric) AS metrics,
      (SELECT COALESCE(SUM(samples), 0) FROM frame WHERE NOT (time < ? AND host <= ?))
        + (SELECT COALESCE(SUM(samples), 0) FROM late_frame)
        + (SELECT COALESCE(SUM(samples), 0) FROM block) AS samples,
      (SELECT COUNT(*) FROM frame WHERE NOT (time < ? AND host <= ?)) + (SELECT COUNT(*) FROM late_frame) AS frames,
      (SELECT COUNT(*) FROM block) AS blocks`,
    [...folded, ...folded],
  )
  if (!row) throw new Error('the database gave no figures')
  return { ...row, bytes: countBytes(database.file) }
}

/** The database and its write-ahead log; the shared memory beside them is no more than an index of that. */
function countBytes(file: string): number {
  let bytes = 0
  for (const name of [file, `${file}-wal`, `${file}-shm`])
    bytes += statSync(name, { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

/** In pieces, so that others can write between them; then the log is emptied as far as no reader needs it. */
async function compact(database: SqliteDatabase) {
  for (;;) {
    const [row] = (await readPragma(database, 'freelist_count')) as { freelist_count: number }[]
    if (!row || row.freelist_count === 0) break
    await database.exclusively((connection) => connection.run(`PRAGMA incremental_vacuum(${COMPACT_PAGES})`))
    await yieldThread()
  }
  await database.exclusively((connection) => connection.run('PRAGMA wal_checkpoint(TRUNCATE)'))
}

const readPragma = (database: Database, name: string) => database.query(`PRAGMA ${name}`)
