import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import { retryBusy } from './busy.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { DiskTrouble } from './disk-trouble.ts'
import type { LogFlush } from './log-flush.ts'
import type { ReadTurn } from './read-turn.ts'

export type SecureLogParts = {
  readonly flush: LogFlush
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

  constructor(parts: SecureLogParts) {
    this.#parts = parts
  }

  get isInQuestion(): boolean {
    return this.#parts.flush.isInDoubt || this.#parts.checkpoint.hasFailed
  }

  /** To be called between transactions; rejects when it fails: then nothing may be written, and no checkpoint be made. */
  async secure(): Promise<void> {
    const { flush, checkpoint, trouble } = this.#parts
    if (flush.isInDoubt) await this.#writeAgain()
    await checkpoint.secure()
    trouble.end()
  }

  /**
   * Brings to disk, surely, what lies in the log. A checkpoint would not do: it copies into the database from the same log,
   * and a power cut in the middle of it leaves a database with pages of commits that the log no longer has.
   */
  async #writeAgain(): Promise<void> {
    const { flush, trouble, writer, write, readTurn, clock } = this.#parts
    if (flush.isBroken) throw flush.noteBroken()
    await retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)
    try {
      await flush.writeAgain().catch((error) => {
        trouble.note(error)
        throw error
      })
      readTurn.end()
      this.#checkWhole()
      flush.endDoubt()
    } finally {
      // On a full disk SQLite rolls back on its own.
      if (writer.inTransaction) write('ROLLBACK').run()
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
