import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import { retryBusy } from './busy.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { DiskTrouble } from './disk-trouble.ts'
import type { LogFlush } from './log-flush.ts'
import type { LogIndex } from './log-index.ts'
import type { ReadTurn } from './read-turn.ts'

/**
 * A disk that fails now and then is asked again after this time at the earliest, whether it did what it was asked the last time
 * or not: each time the whole log is written, this thread stands still, and nobody reads.
 */
const AGAIN_MS = 1000

export type SecureLogParts = {
  readonly flush: LogFlush
  readonly index: LogIndex
  readonly checkpoint: Checkpoint
  readonly trouble: DiskTrouble
  readonly writer: Connection
  /** Prepares a statement of the writing connection. */
  readonly write: (sql: string) => { run(): unknown }
  readonly readTurn: Pick<ReadTurn, 'end'>
  readonly clock: Clock
}

/** Makes sure that all that is committed is on disk, where that is in question. */
export class SecureLog {
  readonly #parts: SecureLogParts
  /** By the monotonic clock. */
  #againAt = Number.NEGATIVE_INFINITY

  constructor(parts: SecureLogParts) {
    this.#parts = parts
  }

  get isInQuestion(): boolean {
    return this.#parts.flush.isInDoubt || this.#parts.checkpoint.hasFailed
  }

  /** To be called between transactions; rejects when it fails: then nothing may be written, and no checkpoint be made. */
  async secure(): Promise<void> {
    const { flush, checkpoint, trouble, clock } = this.#parts
    if (flush.isBroken) throw flush.noteBroken()
    if (clock.monotonicMs() < this.#againAt) {
      const message =
        'the disk did not take what was to be written to the database; it is tried again each second'
      throw new Error(`${message}: ${trouble.failures.last?.words}`)
    }
    try {
      if (flush.isInDoubt) await this.#writeAgain()
      if (checkpoint.hasFailed) await checkpoint.move()
    } finally {
      // A process that has just begun only finds out whether what it found is on disk.
      if (trouble.failures.last !== null) this.#againAt = clock.monotonicMs() + AGAIN_MS
    }
    trouble.end()
  }

  /**
   * Brings to disk, surely, what lies in the log. A checkpoint would not do: it copies into the database from the same log,
   * and a power cut in the middle of it leaves a database with pages of commits that the log no longer has.
   */
  async #writeAgain(): Promise<void> {
    const { flush, index, trouble, writer, write, readTurn, clock } = this.#parts
    await retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)
    try {
      const hide = (act: () => void) => index.hide(act, trouble.failures.last !== null)
      await flush.writeAgain(hide).catch((error) => {
        trouble.note(error)
        throw error
      })
      readTurn.end()
      this.#checkWhole()
      flush.endDoubt()
    } finally {
      // After ROLLBACK it would keep its pages, which `hide` tells all to forget.
      if (writer.inTransaction) write('COMMIT').run()
    }
  }

  /**
   * Throws when the log is not what SQLite has written: a system may drop the pages that it could not write, and read again
   * what was on disk before. Another process may have seen the flush fail, and this one not.
   */
  #checkWhole(): void {
    const { flush, checkpoint, trouble } = this.#parts
    if (flush.countWhole() >= checkpoint.measure().frames) return
    const error = flush.noteBroken()
    trouble.note(error)
    throw error
  }
}
