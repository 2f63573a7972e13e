import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { sqliteFile } from './database/open.ts'
import { syncPath } from './database/sqlite/sqlite.ts'

/** Names the database that was made for this folder, from its first commit on. */
const MARKER = 'database-in-use'

/**
 * Throws a `CommandError` when the folder has had this SQLite database and the file is gone or empty: a new one would
 * hide that all is lost. A first start that was killed before its first commit may be repeated.
 */
export function refuseMissingDatabase(url: string, dataDir: string): void {
  if (readMarker(dataDir) !== url) return
  const file = sqliteFile(url, dataDir)
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size !== undefined && size > 0) return
  throw new CommandError(
    `the database ${file} is ${size === undefined ? 'missing' : 'empty'}, and this folder is in use: mount its disk, ` +
      'or put a backup in its place with monitor db restore FILE; monitor db init makes a new one without any data',
    EXIT.config,
  )
}

/** To be called after the first commit, and at each start after that. */
export function noteDatabaseInUse(url: string, dataDir: string): void {
  if (readMarker(dataDir) === url) return
  const marker = join(dataDir, MARKER)
  // Roles of one folder that start at once each have a draft of their own.
  const draft = `${marker}.${process.pid}.new`
  writeFileSync(draft, `${url}\n`, { mode: 0o600 })
  syncPath(draft)
  renameSync(draft, marker)
  syncPath(dataDir)
}

/**
 * Prepares for a new database: remains of the old one (an empty file, a log) are kept beside it. Throws when
 * there is a database.
 */
export function prepareNewDatabase(url: string, dataDir: string, now: number): void {
  const file = sqliteFile(url, dataDir)
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new CommandError(`there is a database ${file}: move it away first, with the files beside it`)
  rmSync(join(dataDir, MARKER), { force: true })
  if (!existsSync(dirname(file))) return
  const left = readdirSync(dirname(file)).filter((name) =>
    ['', '-wal', '-shm'].some((suffix) => name === `${basename(file)}${suffix}`),
  )
  for (const name of left)
    renameSync(join(dirname(file), name), join(dirname(file), `${name}.before-init-${now}`))
}

function readMarker(dataDir: string): string | null {
  const marker = join(dataDir, MARKER)
  return existsSync(marker) ? readFileSync(marker, 'utf8').trim() : null
}
