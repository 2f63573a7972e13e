import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import type { CommitOptions } from '../database.ts'
import { retryBusy } from './busy.ts'
import type { Checkpoint, LogLength } from './checkpoint.ts'
import { type DiskTrouble, isFailedWrite } from './disk-trouble.ts'
import type { LogFlush } from './log-flush.ts'
import type { LogIndex } from './log-index.ts'
import type { ReadTurn } from './read-turn.ts'
import { FileGoneError, type WatchedFile } from './watched-file.ts'

export type CommitParts = {
  readonly flush: LogFlush
  readonly index: LogIndex
  readonly checkpoint: Checkpoint
  readonly trouble: DiskTrouble
  readonly writer: Connection
  /** Prepares a statement of the writing connection. */
  readonly write: (sql: string) => { run(): unknown }
  readonly readTurn: Pick<ReadTurn, 'end'>
  readonly watched: WatchedFile
  readonly clock: Clock
  /** Runs `act` when those who wait for the commit have been answered. */
  readonly afterwards: (act: () => Promise<void>) => void
}

/** Runs work in a transaction of the writing connection and commits it to disk, or rolls it back. */
export type Commit = <T>(act: () => Promise<T>, options?: CommitOptions) => Promise<T>

/** What `act` did, the log before, and how many milliseconds the commit kept the thread. */
type Committed<T> = { readonly result: T; readonly log: LogLength; readonly ms: number }

/**
 * `commit` and `secure` must run one after the other. `secure` rejects unless all that is committed is on disk: without that
 * nothing may be written, and no checkpoint be made.
 */
export function createCommit(parts: CommitParts): {
  readonly commit: Commit
  readonly secure: () => Promise<void>
} {
  const { flush, index, checkpoint, trouble, writer, write, readTurn, watched, clock, afterwards } = parts
  const begin = () => retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)

  function rollBack() {
    // On a full disk SQLite rolls back on its own.
    if (writer.inTransaction) write('ROLLBACK').run()
  }

  async function commit<T>(act: () => Promise<T>): Promise<Committed<T>> {
    await begin()
    // What others have committed until here is seen by reads within `act`, too.
    readTurn.end()
    try {
      const result = await act()
      // In a file that has no name any more everything is stored, until this process ends.
      watched.checkPlace()
      index.checkPlace()
      readTurn.end()
      const log = checkpoint.measure()
      flush.checkPlace(log.frames)
      const begun = clock.monotonicMs()
      write('COMMIT').run()
      return { result, log, ms: clock.monotonicMs() - begun }
    } catch (error) {
      // What others have committed and not yet flushed may be what was not written.
      if (isFailedWrite(error)) flush.doubt()
      if (isFailedWrite(error) || flush.isBroken) trouble.note(error)
      rollBack()
      // Nobody else knows what is in a log that has no name any more, and it ends with this process.
      if (error instanceof FileGoneError && !error.isReplaced) await checkpoint.move()
      throw watched.noteDamage(error)
    }
  }

  /**
   * Brings to disk, surely, what lies in the log; rejects when that fails, and then nothing may be committed. A checkpoint
   * would not do: it copies into the database from the same log, and a power cut in the middle of it leaves a database
   * with pages of commits that the log no longer has.
   */
  async function secureLog(): Promise<void> {
    if (flush.isBroken) throw flush.noteBroken()
    await begin()
    try {
      await flush.writeAgain().catch((error) => {
        trouble.note(error)
        throw error
      })
      readTurn.end()
      checkWhole()
      flush.endDoubt()
    } finally {
      rollBack()
    }
  }

  /**
   * Throws when the log is not what SQLite has written: a system may drop the pages that it could not write, and read again
   * what was on disk before. Another process may have seen the flush fail, and this one not.
   */
  function checkWhole() {
    if (flush.countWhole() >= checkpoint.measure().frames) return
    const error = flush.noteBroken()
    trouble.note(error)
    throw error
  }

  async function secure() {
    if (flush.isInDoubt) await secureLog()
    await checkpoint.secure()
    trouble.end()
  }

  async function commitAside<T>(act: () => Promise<T>): Promise<Committed<T>> {
    // The mode can't be changed within a transaction.
    writer.run('PRAGMA synchronous = NORMAL')
    const committed = await commit(act).finally(() => writer.run('PRAGMA synchronous = FULL'))
    const begun = clock.monotonicMs()
    try {
      await flush.flush()
    } catch (error) {
      trouble.note(error)
      // The failure may be over already, and then the commit is on disk.
      await secure()
    }
    checkpoint.pace.noteCommit(committed.ms, clock.monotonicMs() - begun)
    return committed
  }

  async function moveLog() {
    if (!mustSecure()) await checkpoint.move()
  }

  const mustSecure = () => flush.isInDoubt || checkpoint.hasFailed

  return {
    secure,
    async commit(act, { flushesAside = false } = {}) {
      if (mustSecure()) await secure()
      const isAside = flushesAside && flush.isPossible
      const { result, log, ms } = await (isAside ? commitAside(act) : commit(act))
      if (!isAside) checkpoint.pace.noteCommit(ms)
      if (checkpoint.isDue(log)) afterwards(moveLog)
      return result
    },
  }
}
