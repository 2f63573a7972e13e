import { fdatasyncSync, fstatSync, openSync, readSync, realpathSync, statSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'
import { dropCached } from '../../../lib/libc/page-cache.ts'
import { LogChecksum } from './log-content.ts'
import { nameOf, statInPlace } from './watched-file.ts'

// The index as SQLite's description of the write-ahead log has it, in the order of bytes of this machine: two copies of a
// header, which has a count of changes and ends with a checksum; then the number of pages that count as moved.
const HEADER_BYTES = 48
const CHANGES_AT = 8
const CHECKSUM_AT = 40
const MOVED_AT = 2 * HEADER_BYTES
const IS_BIG_ENDIAN = endianness() === 'BE'

/** Longer than a process of this program reads of one state, but for a statement that takes long in itself. */
const READ_MS = 60
/** Most reads take less; where nothing has failed yet, none is kept waiting for longer. */
const SHORT_READ_MS = 5

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
   * Keeps others from beginning to read while `act` runs, which makes the system read again from the disk what it had in
   * memory: they wait, as for a process that builds the index anew, and when this one is killed one of them builds it. Those
   * who read already are given a moment before; this thread stands still for so long, because it would wait for itself when
   * it read. Afterwards each connection forgets the pages that it keeps: what was read meanwhile is never written upon.
   * To be called with the write lock, by a connection that then ends its transaction with COMMIT; `hasFailed` says whether the
   * disk has failed in this process. SQLite has no call for this.
   */
  hide(act: () => void, hasFailed: boolean): void {
    if (this.#identity === null) {
      act()
      return
    }
    this.checkPlace()
    const handle = keepOpen(this.#index)
    const header = Buffer.alloc(HEADER_BYTES)
    readSync(handle, header, 0, HEADER_BYTES, 0)
    writeSync(handle, Buffer.alloc(2 * HEADER_BYTES), 0, 2 * HEADER_BYTES, 0)
    try {
      Bun.sleepSync(hasFailed ? READ_MS : SHORT_READ_MS)
      act()
    } finally {
      countChange(header)
      writeSync(handle, Buffer.concat([header, header]), 0, 2 * HEADER_BYTES, 0)
    }
  }

  /**
   * No page counts as moved into the database afterwards, and the system has nothing of the database in memory, whether it
   * could be written or not. To be called as `hide`, while nobody moves pages.
   */
  forgetMoved(): void {
    const database = keepOpen(this.#database)
    try {
      fdatasyncSync(database)
    } catch {
      // It is copied again.
    }
    this.hide(() => {
      if (this.#identity !== null) writeSync(keepOpen(this.#index), Buffer.alloc(4), 0, 4, MOVED_AT)
      dropCached(database, 0, 0)
    }, true)
  }
}

/** Makes it the header of another state, as a commit does. */
function countChange(header: Buffer): void {
  const changes = new Uint32Array(header.buffer, header.byteOffset + CHANGES_AT, 1)
  changes[0] = (changes[0] ?? 0) + 1
  const checksum = new LogChecksum(IS_BIG_ENDIAN)
  checksum.add(header, 0, CHECKSUM_AT)
  checksum.write(header, CHECKSUM_AT)
}

function keepOpen(file: string): number {
  const name = nameOf(statSync(file))
  const known = kept.get(name)
  if (known !== undefined) return known
  const handle = openSync(file, 'r+')
  kept.set(nameOf(fstatSync(handle)), handle)
  return handle
}
