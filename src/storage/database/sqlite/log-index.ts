import { fdatasyncSync, fstatSync, openSync, realpathSync, statSync, writeSync } from 'node:fs'
import { dropCached } from '../../../lib/libc/page-cache.ts'
import { nameOf, statInPlace } from './watched-file.ts'

/** Two copies of what the index says about the log; behind them are the marks of readers and what was moved. */
const HEADERS_BYTES = 96

/** Handles of databases and their indexes that stay open: closing one gives up the locks that this process has on the file. */
const kept = new Map<string, number>()

/**
 * The file with `-shm` at its end: memory that the processes share which have a database open, with an index of the log.
 */
export class LogIndex {
  readonly #database: string
  readonly #index: string
  /** Null where the filesystem lets no memory be shared, and SQLite therefore keeps no log. */
  readonly #identity: string | null

  /** The database is open. */
  constructor(file: string) {
    this.#database = realpathSync(file)
    this.#index = `${this.#database}-shm`
    const found = statSync(this.#index, { throwIfNoEntry: false })
    this.#identity = found === undefined ? null : nameOf(found)
  }

  /** Throws when it was deleted or replaced: a process that opens the database then knows nothing of the others. */
  checkPlace(): void {
    if (this.#identity !== null) statInPlace(this.#index, this.#identity)
  }

  /**
   * Makes all connections build the index anew from the log, as after a process that was killed while it changed it; and with
   * that, no page counts as moved into the database. To be called with the write lock, by a connection that then ends its
   * transaction with COMMIT. SQLite has no call for this.
   */
  forgetMoved(): void {
    this.checkPlace()
    writeSync(keepOpen(this.#index), new Uint8Array(HEADERS_BYTES), 0, HEADERS_BYTES, 0)
  }

  /** Makes the system write what it has of the database in memory, and forget it, whether it could be written or not. */
  forgetCached(): void {
    const handle = keepOpen(this.#database)
    try {
      fdatasyncSync(handle)
    } catch {
      // It is copied again.
    }
    dropCached(handle, 0, 0)
  }
}

function keepOpen(file: string): number {
  const name = nameOf(statSync(file))
  const known = kept.get(name)
  if (known !== undefined) return known
  const handle = openSync(file, 'r+')
  kept.set(nameOf(fstatSync(handle)), handle)
  return handle
}
