import { Database as Connection, type Statement } from 'bun:sqlite'
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { DiskFailures } from '../../ports/maintenance.ts'
import type { Database, Transaction, Value } from '../database.ts'
import { SQLITE_PAGE_BYTES, sqliteDialect } from '../dialect.ts'
import { isBusy, retryBusy } from './busy.ts'
import { Checkpoint } from './checkpoint.ts'
import { createCommit } from './commit.ts'
import { DiskTrouble } from './disk-trouble.ts'
import { LogFlush } from './log-flush.ts'
import { LogIndex } from './log-index.ts'
import { readOnce } from './read-once.ts'
import { createReadTurn } from './read-turn.ts'
import { SecureLog } from './secure-log.ts'
import { identify, nameDamage, WatchedFile } from './watched-file.ts'

/** How long SQLite itself waits, with the thread blocked, for another process's lock. */
const BUSY_MS = 20
const CACHE_KIB = 8_192
/**
 * The log keeps this length once it was as long, which is as long as checkpoints let it become. Cutting off its end keeps
 * the thread for some milliseconds, and each commit that makes it longer again is flushed with the length of the file.
 */
const LOG_BYTES = 20 * 1024 * 1024
/** Statements kept prepared a connection; the product has far fewer. */
const MAX_STATEMENTS = 500
/** So much of a log is written again before the database is closed, by a process that has only read. */
const FEW_FRAMES = 64

export type SqliteOptions = {
  readonly clock: Clock
  /** Is told when the disk fails, and when it works again. */
  readonly log?: Log | undefined
  /**
   * Whether another connection of this process stays open for longer: this one then never is the last, which moves the log
   * into the database.
   */
  readonly isSecond?: boolean | undefined
  /** Flushes a file to disk; to be given by tests alone, to fail. */
  readonly sync?: ((handle: number) => Promise<void>) | undefined
}

/** The inside of the SQLite adapter that only backup, restore and `compact` need. */
export type SqliteDatabase = Database & {
  readonly file: string
  /**
   * Throws when the file was deleted or replaced, because writes would be lost with this process; also when
   * it is so damaged that a read or a write failed.
   */
  checkFile(): void
  diskFailures(): DiskFailures
  /** Moves the log into the database and gives its space back, as far as no reader needs it. */
  emptyLog(): Promise<void>
  /** Runs `act` on the connection that reads, outside any transaction. */
  readAlone<T>(act: (connection: Connection) => T): T
}

/**
 * Opens or makes the file (0600), in WAL mode with `synchronous=FULL`, or flushed aside: committed data is on disk. Two
 * connections: one writes, one reads committed data meanwhile. Other processes may do the same with the same
 * file.
 */
export async function openSqlite(file: string, options: SqliteOptions): Promise<SqliteDatabase> {
  const { clock, log, isSecond = false, sync } = options
  createFile(file)
  const retry = <T>(act: () => T) => retryBusy(act, clock)
  const identity = identify(file)
  const writer = await retry(() => connect(file))
  const reader = await retry(() => connect(file))
  // A restore that ran meanwhile has put another file in this place: that one is meant.
  if (identify(file) !== identity) {
    writer.close()
    reader.close()
    return openSqlite(file, options)
  }
  const watched = new WatchedFile(file, identity)
  const [row] = readOnce(reader, 'PRAGMA page_size')
  const pageBytes = Number(row?.[0])
  const dialect = { ...sqliteDialect, pageBytes }
  const reading = keepStatements(reader)
  const writing = keepStatements(writer)
  const read = reading.prepare
  const write = writing.prepare
  const transaction = createTransaction(write, dialect)
  const readTurn = createReadTurn(reader, read, clock)
  const turns = createTurns()
  const flush = new LogFlush(file, { pageBytes, sync })
  const index = new LogIndex(file)
  const trouble = new DiskTrouble(file, clock, log)
  const checkpoint = new Checkpoint({ writer, read, write, readTurn, flush, index, trouble, clock })
  const securing = new SecureLog({ flush, index, checkpoint, trouble, writer, write, readTurn, clock })
  const commit = createCommit({
    ...{ flush, index, checkpoint, log: securing, trouble, writer, write, readTurn, watched, clock },
    // What could not be moved is moved by a later one, and a disk that failed is logged.
    afterwards: (act) => void turns.take(act).catch((error) => watched.noteDamage(error)),
  })

  return {
    dialect,
    file,
    readAlone(act) {
      readTurn.end()
      return act(reader)
    },
    checkFile: () => watched.check(),
    snapshot: () => readTurn.count(),
    async query<T extends object>(sql: string, values: readonly Value[] = []) {
      const ask = () => {
        readTurn.begin()
        return read(sql).all(...values) as T[]
      }
      try {
        return ask()
      } catch (error) {
        // Some failures end the transaction: what is read next must not pass for the same snapshot.
        readTurn.end()
        if (!isBusy(error)) throw watched.noteDamage(error)
        return retry(ask).catch((again) => {
          throw watched.noteDamage(again)
        })
      }
    },
    transaction: (act, options) => turns.take(() => commit(() => act(transaction), options)),
    emptyLog: () =>
      turns.take(async () => {
        await securing.secure()
        await checkpoint.move()
        await checkpoint.truncate()
      }),
    diskFailures: () => trouble.failures,
    async close() {
      if (!(await turns.close())) return
      readTurn.end()
      const mustStayOpen =
        flush.hasFailed ||
        checkpoint.hasFailed ||
        (!isSecond && (await mayBeLost({ flush, checkpoint, securing })))
      flush.close()
      // The last to close a file moves its log into it. A log that may not be on disk is left to the next start, which
      // writes it again before.
      if (mustStayOpen) {
        leftOpen.push(writer, reader)
        return
      }
      reading.close()
      writing.close()
    },
  }
}

/** Connections that stay open to the end of the process: those that nothing refers to are closed. */
const leftOpen: Connection[] = []

/** Whether the log has something that another process may have failed to flush, and that this one did not write again. */
async function mayBeLost({
  flush,
  checkpoint,
  securing,
}: {
  readonly flush: LogFlush
  readonly checkpoint: Checkpoint
  readonly securing: SecureLog
}): Promise<boolean> {
  if (!flush.isInDoubt) return false
  try {
    const { frames } = checkpoint.measure()
    if (frames > 0 && frames <= FEW_FRAMES) await securing.secure()
    return frames > 0 && flush.isInDoubt
  } catch {
    return true
  }
}

/** Runs one piece of work after the other, whatever became of the one before. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false
  return {
    take<T>(act: () => Promise<T>): Promise<T> {
      if (isClosed) return Promise.reject(new Error('the database is closed'))
      const mine = last.then(act, act)
      last = mine
      return mine
    },
    /** Refuses further work and waits for the last; false when it was closed before. */
    async close(): Promise<boolean> {
      if (isClosed) return false
      isClosed = true
      await last.catch(() => {})
      return true
    },
  }
}

/** Statements of the writing connection, which are one transaction while it is open. */
function createTransaction(
  write: ReturnType<typeof keepStatements>['prepare'],
  dialect: Transaction['dialect'],
): Transaction {
  return {
    dialect,
    async query<T extends object>(sql: string, values: readonly Value[] = []) {
      return write(sql).all(...values) as T[]
    },
    async run(sql, values = []) {
      return write(sql).run(...values).changes
    },
    async insert(sql, values = []) {
      return Number(write(sql).run(...values).lastInsertRowid)
    },
  }
}

/**
 * The file before SQLite makes it, so that its rights are never wider than they should be; WAL files take
 * them over.
 */
function createFile(file: string) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const isNew = !existsSync(file)
  // Closing a file gives up all locks that this process has on it, also those of connections that are open.
  if (isNew) closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  // SQLite syncs the content of the file, but not its name in the folder.
  if (isNew) syncPath(dirname(file))
}

/**
 * Of a file or a folder: what was done to it is on disk afterwards, where the system lets one ask for that.
 */
export function syncPath(path: string) {
  let handle: number | null = null
  try {
    handle = openSync(path, 'r')
    fsyncSync(handle)
  } catch (error) {
    // Windows opens no folder and flushes nothing that is open for reading; some network filesystems refuse
    // too.
    if (!['EPERM', 'EISDIR', 'EACCES', 'EINVAL'].includes(String((error as { code?: unknown }).code)))
      throw error
  } finally {
    if (handle !== null) closeSync(handle)
  }
}

function connect(file: string): Connection {
  const connection = new Connection(file, { readwrite: true, create: true })
  try {
    connection.run(`PRAGMA busy_timeout = ${BUSY_MS}`)
    // Checkpoints are made by us: within COMMIT their errors would be lost.
    connection.run('PRAGMA wal_autocheckpoint = 0')
    // The second commits, in any file.
    const [pages] = readOnce(connection, 'PRAGMA page_count')
    if (pages?.[0] === 0) {
      // Of a file that is not empty, its backups would have pages of this size, in which the chunks do not
      // fit as they do in its own.
      connection.run(`PRAGMA page_size = ${SQLITE_PAGE_BYTES}`)
      connection.run('PRAGMA auto_vacuum = INCREMENTAL')
    }
    connection.run('PRAGMA journal_mode = WAL')
    connection.run('PRAGMA synchronous = FULL')
    connection.run('PRAGMA foreign_keys = ON')
    connection.run(`PRAGMA cache_size = -${CACHE_KIB}`)
    connection.run(`PRAGMA journal_size_limit = ${LOG_BYTES}`)
    return connection
  } catch (error) {
    connection.close()
    throw nameDamage(error, file)
  }
}

/** Keeps the statements of a connection prepared. */
function keepStatements(connection: Connection) {
  const statements = new Map<string, Statement>()
  function finalizeAll() {
    for (const statement of statements.values()) statement.finalize()
    statements.clear()
  }
  return {
    prepare(sql: string): Statement {
      const known = statements.get(sql)
      if (known) return known
      if (statements.size >= MAX_STATEMENTS) finalizeAll()
      const statement = connection.prepare(sql)
      statements.set(sql, statement)
      return statement
    },
    /** A connection with statements left would stay open, and keep its locks, until they are collected. */
    close() {
      finalizeAll()
      connection.close(true)
    },
  }
}
