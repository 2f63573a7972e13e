import { Database as Connection } from 'bun:sqlite'
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lchownSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import { RESTORED_RECEIPT } from '../../audit/receipt.ts'
import { isMysqlUrl } from '../mysql/url.ts'
import { sqliteFile } from '../open.ts'
import { verifyBackup } from './backup.ts'
import { isBusy } from './busy.ts'
import { readOnce } from './read-once.ts'
import { syncPath } from './sqlite.ts'
import { isDamage } from './watched-file.ts'

export type RestoreOptions = {
  readonly dataDir: string
  readonly clock: Clock
}

/**
 * Replaces the database by a backup. The backup is checked first, and so is its copy; the previous database
 * is kept beside it. Throws, with nothing changed, when the backup is damaged or any process has the database
 * open. Resolves with the file that the old database was moved to; null when there was none.
 */
export async function restoreBackup(
  url: string,
  file: string,
  { dataDir, clock }: RestoreOptions,
): Promise<string | null> {
  if (isMysqlUrl(url))
    throw new Error(
      'db restore puts back SQLite alone: use what the backup of the database server was made with',
    )
  const target = sqliteFile(url, dataDir)
  if (!existsSync(file)) throw new Error(`there is no backup ${file}`)
  verifyBackup(file)
  const copy = `${target}.restoring`
  try {
    // An existing file of this name may be a link to another place, made by the account that owns the folder.
    rmSync(copy, { force: true })
    copyFileSync(file, copy, constants.COPYFILE_EXCL)
    giveToOwner(copy, target)
    return placeCopy(target, copy, clock)
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true })
  }
}

/**
 * Replaces the database by a file on the same filesystem that already has the right owner and mode; otherwise
 * as `restoreBackup`.
 */
export function placeCopy(target: string, copy: string, clock: Clock): string | null {
  verifyBackup(copy)
  noteRestored(copy)
  syncPath(copy)
  return exchange(target, copy, clock)
}

/**
 * Marks the copy as restored: data that was confirmed to agents and is not in the backup is then reported as
 * missing for this reason.
 */
function noteRestored(copy: string): void {
  const database = new Connection(copy)
  try {
    // A database of the first schemas has no receipts, and numbers nothing.
    const [table] = readOnce(database, `SELECT 1 FROM sqlite_master WHERE name = 'receipt'`)
    if (table !== undefined) database.run('INSERT INTO receipt (packed) VALUES (?)', [RESTORED_RECEIPT])
  } finally {
    database.close()
  }
}

/**
 * Gives the copy owner, group and rights of the file that it replaces, or the owner of the folder where there
 * is none: the service has to be able to open what an administrator restores. Only an administrator has to
 * change the owner.
 */
function giveToOwner(copy: string, target: string): void {
  const before = statSync(target, { throwIfNoEntry: false })
  const { uid, gid } = before ?? statSync(dirname(target))
  const own = statSync(copy)
  if (own.uid !== uid || own.gid !== gid) lchownSync(copy, uid, gid)
  chmodSync(copy, before === undefined ? 0o600 : before.mode & 0o777)
}

function exchange(target: string, copy: string, clock: Clock): string | null {
  if (!existsSync(target)) {
    renameSync(copy, target)
    syncPath(dirname(target))
    return null
  }
  const lock = takeAlone(target)
  try {
    const kept = nameKept(target, clock)
    // The log of an unreadable file is still beside it, and must not be taken for the new one's.
    for (const suffix of ['-wal', '-shm', ''])
      if (existsSync(target + suffix)) renameSync(target + suffix, kept + suffix)
    renameSync(copy, target)
    syncPath(dirname(target))
    return kept
  } finally {
    lock?.close()
  }
}

/**
 * A database in WAL mode returns to a plain journal only when no other process has it open, which also
 * empties the log into the file. The transaction then keeps others out until the files are exchanged. Null
 * for a file so damaged that it can't be locked: such a file needs a backup most of all.
 */
function takeAlone(target: string): Connection | null {
  const lock = new Connection(target, { readwrite: true })
  try {
    lock.run('PRAGMA busy_timeout = 500')
    const [row] = readOnce(lock, 'PRAGMA journal_mode = DELETE')
    if (row?.[0] !== 'delete') throw new Error('its journal mode did not change')
    lock.run('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (isDamage(cause)) return null
    if (!isBusy(cause)) throw new Error(`${target} can't be put aside`, { cause })
    throw new Error(
      `${target} is in use: stop the server and every other part that has it open, then restore`,
    )
  }
}

function nameKept(target: string, clock: Clock): string {
  const base = `${target}.before-restore-${clock.now()}`
  let name = base
  for (let i = 1; existsSync(name); i++) name = `${base}-${i}`
  return name
}
