import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import type { CommitOptions } from '../database.ts'
import { retryBusy } from './busy.ts'
import type { CheckpointPace } from './checkpoint-pace.ts'
import { LogFlush } from './log-flush.ts'
import type { ReadTurn } from './read-turn.ts'
import type { WatchedFile } from './watched-file.ts'

export type CommitParts = {
  readonly file: string
  readonly writer: Connection
  /** Prepares a statement of the writing connection. */
  readonly write: (sql: string) => { run(): unknown }
  readonly readTurn: Pick<ReadTurn, 'end'>
  readonly watched: WatchedFile
  readonly clock: Clock
  readonly pace: CheckpointPace
}

/** Runs work in a transaction of the writing connection and commits it to disk, or rolls it back. */
export type Commit = <T>(act: () => Promise<T>, options?: CommitOptions) => Promise<T>

/** Callers run one commit after the other. */
export function createCommit({ file, writer, write, readTurn, watched, clock, pace }: CommitParts): Commit {
  const flush = new LogFlush(file)

  /** What `act` did, and how many milliseconds the commit kept the thread. */
  async function commit<T>(act: () => Promise<T>): Promise<{ result: T; ms: number }> {
    await retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)
    // What others have committed until here is seen by reads within `act`, too.
    readTurn.end()
    try {
      const result = await act()
      // In a file that has no name any more everything is stored, until this process ends.
      watched.checkPlace()
      readTurn.end()
      const begun = clock.monotonicMs()
      write('COMMIT').run()
      return { result, ms: clock.monotonicMs() - begun }
    } catch (error) {
      // On a full disk SQLite rolls back on its own.
      if (writer.inTransaction) write('ROLLBACK').run()
      throw watched.noteDamage(error)
    }
  }

  async function commitAside<T>(act: () => Promise<T>): Promise<T> {
    // The mode can't be changed within a transaction.
    writer.run('PRAGMA synchronous = NORMAL')
    const { result, ms } = await commit(act).finally(() => writer.run('PRAGMA synchronous = FULL'))
    const begun = clock.monotonicMs()
    await flush.flush()
    pace.noteCommit(ms, clock.monotonicMs() - begun)
    return result
  }

  return async (act, { flushesAside = false } = {}) => {
    if (flushesAside && flush.isPossible) return commitAside(act)
    const { result, ms } = await commit(act)
    pace.noteCommit(ms)
    if (flushesAside) await flush.tryOnce()
    return result
  }
}
