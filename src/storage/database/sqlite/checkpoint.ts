import type { Database as Connection, Statement } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import { retryBusy } from './busy.ts'
import { CheckpointPace } from './checkpoint-pace.ts'
import { type DiskTrouble, isFailedWrite } from './disk-trouble.ts'
import type { LogFlush } from './log-flush.ts'
import type { LogIndex } from './log-index.ts'
import type { ReadTurn } from './read-turn.ts'

/** A disk that fails is asked again after this time at the earliest: each time the whole log is copied. */
const RETRY_MS = 1000

export type CheckpointParts = {
  readonly writer: Connection
  /** Prepare a statement of the connection that reads, and of the one that writes. */
  readonly read: (sql: string) => Pick<Statement, 'values'>
  readonly write: (sql: string) => { run(): unknown }
  readonly readTurn: Pick<ReadTurn, 'end'>
  readonly flush: LogFlush
  readonly index: LogIndex
  readonly trouble: DiskTrouble
  readonly clock: Clock
}

/** Pages in the log, and how many of them count as moved into the database. */
export type LogLength = { readonly frames: number; readonly moved: number }

/**
 * Moves pages of the log into the database between two transactions. SQLite would do it at the end of a COMMIT and keep an
 * error to itself, and that loses pages: while a reader needs the end of the log, a checkpoint counts what it copies as
 * moved without flushing the database. The system reports pages that it can't write once, to the next flush, and takes them
 * for written. The checkpoint after that one copies only what did not count, its flush succeeds, and the log begins
 * anew over the only copies that were left.
 *
 * So a checkpoint that fails makes SQLite forget that anything was moved, before anybody else can write. The next one copies
 * everything, and until it succeeds nothing is committed.
 */
export class Checkpoint {
  readonly pace: CheckpointPace
  readonly #parts: CheckpointParts
  #pages = 0
  #failure: unknown = null
  #retryAt = 0
  /** Whether pages may still count as moved that are not on disk. */
  #mustForget = false

  constructor(parts: CheckpointParts) {
    this.#parts = parts
    this.pace = new CheckpointPace((pages) => {
      this.#pages = pages
    })
  }

  /** Whether the last checkpoint has failed. */
  get hasFailed(): boolean {
    return this.#failure !== null
  }

  /** To be called when the connection that reads is in no transaction; the one that writes may be in one. */
  measure(): LogLength {
    const [row] = this.#parts.read('PRAGMA wal_checkpoint(NOOP)').values()
    return { frames: Math.max(0, Number(row?.[1])), moved: Math.max(0, Number(row?.[2])) }
  }

  /** Whether so much is in the log that it should be moved; to be called as `measure`. Never throws. */
  isDue(): boolean {
    try {
      const { frames, moved } = this.measure()
      return frames >= this.#pages && frames - moved >= this.#pages >> 3
    } catch {
      return false
    }
  }

  /**
   * To be called between transactions, when everything in the log is on disk. Rejects when the disk fails; then `secure` has
   * to succeed before anything is committed.
   */
  async move(): Promise<void> {
    if (this.#mustForget) await this.#locked(() => this.#forget())
    await this.#locked(() => {
      const begun = this.#parts.clock.monotonicMs()
      // What was copied since is in question as well.
      if (this.#failure !== null) this.#parts.index.forgetCached()
      try {
        this.#parts.read('PRAGMA wal_checkpoint(PASSIVE)').values()
      } catch (error) {
        if (isFailedWrite(error)) this.#fail(error)
        throw error
      }
      this.#failure = null
      this.pace.noteCommit(this.#parts.clock.monotonicMs() - begun)
    })
  }

  /** Gives back the space of a log of which everything was moved; leaves it as it is while somebody reads from it. */
  async truncate(): Promise<void> {
    const { read, readTurn } = this.#parts
    try {
      readTurn.end()
      read('PRAGMA wal_checkpoint(TRUNCATE)').values()
    } catch (error) {
      // It takes the write lock itself.
      if (isFailedWrite(error)) await this.#locked(() => this.#fail(error))
      throw error
    }
  }

  /** Rejects unless the last checkpoint has succeeded, or one does now. */
  async secure(): Promise<void> {
    if (this.#failure === null) return
    if (this.#parts.clock.monotonicMs() >= this.#retryAt) return this.move()
    throw new Error(
      'the disk did not take what was to be written to the database; it is tried again each second',
      {
        cause: this.#failure,
      },
    )
  }

  /**
   * With the write lock, which keeps the log from beginning anew meanwhile. The checkpoint is made by the connection that
   * reads, because one that is in a transaction can make none.
   */
  async #locked(act: () => void): Promise<void> {
    const { writer, write, readTurn, clock } = this.#parts
    await retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)
    try {
      readTurn.end()
      act()
    } finally {
      // ROLLBACK would take over the header that `#forget` has cleared.
      if (writer.inTransaction) write('COMMIT').run()
    }
  }

  #fail(error: unknown): void {
    const { clock, flush, trouble } = this.#parts
    trouble.note(error)
    this.#failure = error
    this.#retryAt = clock.monotonicMs() + RETRY_MS
    // A checkpoint begins with a flush of the log, and does not tell which of the two failed.
    flush.doubt()
    this.#mustForget = true
    this.#forget()
  }

  #forget(): void {
    const { flush, index } = this.#parts
    // SQLite reads the log again as far as it is whole.
    if (flush.countWhole() < this.measure().frames) throw flush.noteBroken()
    index.forgetMoved()
    // A process that opened the database later is not told of the failure, and may copy next.
    index.forgetCached()
    this.#mustForget = false
  }
}
