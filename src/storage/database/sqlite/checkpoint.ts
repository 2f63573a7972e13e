import type { Database as Connection, Statement } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import { retryBusy } from './busy.ts'
import { CheckpointPace } from './checkpoint-pace.ts'
import { type DiskTrouble, isFailedWrite } from './disk-trouble.ts'
import type { LogFlush } from './log-flush.ts'
import type { LogIndex } from './log-index.ts'
import type { ReadTurn } from './read-turn.ts'

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
 * So after a checkpoint that fails nothing counts as moved, before anybody else can write. The next one copies everything,
 * and until it succeeds nothing is committed. A process that opened the database later is not told of the failure, and may
 * copy next.
 */
export class Checkpoint {
  readonly pace: CheckpointPace
  readonly #parts: CheckpointParts
  #pages = 0
  #hasFailed = false

  constructor(parts: CheckpointParts) {
    this.#parts = parts
    this.pace = new CheckpointPace((pages) => {
      this.#pages = pages
    })
  }

  /** Whether a checkpoint has failed, and none has copied everything since, which alone flushes the database. */
  get hasFailed(): boolean {
    return this.#hasFailed
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
   * To be called between transactions, when everything in the log is on disk. Rejects when the disk fails; then nothing may
   * be committed as long as it `hasFailed`.
   */
  async move(): Promise<void> {
    // What others have copied since is in question as well. While all counts as moved, a transaction reads from the database
    // alone, ours too, and nothing can be copied into it.
    if (this.#hasFailed) await this.#locked(() => this.#forget())
    await this.#locked(() => {
      const begun = this.#parts.clock.monotonicMs()
      const isComplete = this.#copy()
      if (this.#hasFailed && !isComplete)
        throw new Error('the end of the log is read, and can not be moved into the database yet')
      this.#hasFailed = false
      this.pace.noteCommit(this.#parts.clock.monotonicMs() - begun)
    })
  }

  /** Returns whether everything was copied: what is behind the state that somebody reads is not. */
  #copy(): boolean {
    try {
      const [row] = this.#parts.read('PRAGMA wal_checkpoint(PASSIVE)').values()
      const [isBusy, frames, moved] = row ?? []
      return isBusy === 0 && frames === moved
    } catch (error) {
      if (isFailedWrite(error)) this.#fail(error)
      throw error
    }
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
      // After ROLLBACK it would keep its pages, which `#forget` tells all to forget.
      if (writer.inTransaction) write('COMMIT').run()
    }
  }

  #fail(error: unknown): void {
    const { flush, trouble } = this.#parts
    trouble.note(error)
    this.#hasFailed = true
    // A checkpoint begins with a flush of the log, and does not tell which of the two failed.
    flush.doubt()
    this.#forget()
  }

  #forget(): void {
    const { flush, index } = this.#parts
    // Everything is copied from it again.
    if (flush.countWhole() < this.measure().frames) throw flush.noteBroken()
    index.forgetMoved()
  }
}
