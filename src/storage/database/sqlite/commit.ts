import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import type { CommitOptions } from '../database.ts'
import { retryBusy } from './busy.ts'
import type { Checkpoint } from './checkpoint.ts'
import { type DiskTrouble, isFailedWrite } from './disk-trouble.ts'
import type { LogFlush } from './log-flush.ts'
import type { LogIndex } from './log-index.ts'
import type { ReadTurn } from './read-turn.ts'
import type { SecureLog } from './secure-log.ts'
import { FileGoneError, type WatchedFile } from './watched-file.ts'

export type CommitParts = {
  readonly flush: LogFlush
  readonly index: LogIndex
  readonly checkpoint: Checkpoint
  readonly log: SecureLog
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

/** What `act` did, whether the log should be moved, and how many milliseconds the commit kept the thread. */
type Committed<T> = { readonly result: T; readonly isDue: boolean; readonly ms: number }

/** Commits must run one after the other. */
export function createCommit(parts: CommitParts): Commit {
  const { flush, index, checkpoint, log, trouble, writer, write, readTurn, watched, clock, afterwards } =
    parts

  async function commit<T>(act: () => Promise<T>): Promise<Committed<T>> {
    await retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)
    // What others have committed until here is seen by reads within `act`, too.
    readTurn.end()
    try {
      const result = await act()
      // In a file that has no name any more everything is stored, until this process ends.
      watched.checkPlace()
      index.checkPlace()
      readTurn.end()
      flush.checkPlace(checkpoint.measure().frames)
      const begun = clock.monotonicMs()
      write('COMMIT').run()
      return { result, isDue: checkpoint.isDue(), ms: clock.monotonicMs() - begun }
    } catch (error) {
      // What others have committed and not yet flushed may be what was not written.
      if (isFailedWrite(error)) flush.doubt()
      if (isFailedWrite(error) || flush.isBroken) trouble.note(error)
      // On a full disk SQLite rolls back on its own.
      if (writer.inTransaction) write('ROLLBACK').run()
      // Nobody else knows what is in a log that has no name any more, and it ends with this process.
      if (error instanceof FileGoneError && !error.isReplaced) await checkpoint.move().catch(() => {})
      throw watched.noteDamage(error)
    }
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
      await log.secure()
    }
    checkpoint.pace.noteCommit(committed.ms, clock.monotonicMs() - begun)
    return committed
  }

  async function moveLog() {
    if (!log.isInQuestion) await checkpoint.move()
  }

  return async (act, { flushesAside = false, isScattered = false } = {}) => {
    if (log.isInQuestion) await log.secure()
    checkpoint.pace.expect(isScattered)
    const isAside = flushesAside && flush.isPossible
    const { result, isDue, ms } = await (isAside ? commitAside(act) : commit(act))
    if (!isAside) checkpoint.pace.noteCommit(ms)
    if (isDue) afterwards(moveLog)
    return result
  }
}
