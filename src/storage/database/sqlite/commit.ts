import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'
import type { CommitOptions } from '../database.ts'
import { retryBusy } from './busy.ts'
import type { CheckpointPace } from './checkpoint-pace.ts'
import type { LogFlush } from './log-flush.ts'
import { readOnce } from './read-once.ts'
import type { ReadTurn } from './read-turn.ts'
import type { WatchedFile } from './watched-file.ts'

export type CommitParts = {
  readonly flush: LogFlush
  readonly writer: Connection
  readonly reader: Connection
  /** Prepares a statement of the writing connection. */
  readonly write: (sql: string) => { run(): unknown }
  readonly readTurn: Pick<ReadTurn, 'end'>
  readonly watched: WatchedFile
  readonly clock: Clock
  readonly pace: CheckpointPace
}

/** Runs work in a transaction of the writing connection and commits it to disk, or rolls it back. */
export type Commit = <T>(act: () => Promise<T>, options?: CommitOptions) => Promise<T>

const BROKEN =
  'the disk has lost a part of the write-ahead log: restart every part that has the database open'

/**
 * `commit` and `secure` must run one after the other. `secure` rejects unless all that is committed is on disk: without that
 * nothing may be written, and no checkpoint be made.
 */
export function createCommit({ flush, writer, reader, write, readTurn, watched, clock, pace }: CommitParts): {
  readonly commit: Commit
  readonly secure: () => Promise<void>
} {
  const begin = () => retryBusy(() => write('BEGIN IMMEDIATE').run(), clock)

  function rollBack() {
    // On a full disk SQLite rolls back on its own.
    if (writer.inTransaction) write('ROLLBACK').run()
  }

  /** What `act` did, and how many milliseconds the commit kept the thread. */
  async function commit<T>(act: () => Promise<T>): Promise<{ result: T; ms: number }> {
    await begin()
    // What others have committed until here is seen by reads within `act`, too.
    readTurn.end()
    try {
      const result = await act()
      // In a file that has no name any more everything is stored, until this process ends.
      watched.checkPlace()
      flush.checkPlace()
      readTurn.end()
      const begun = clock.monotonicMs()
      write('COMMIT').run()
      return { result, ms: clock.monotonicMs() - begun }
    } catch (error) {
      // What others have committed and not yet flushed may be what was not written.
      if (isFailedWrite(error)) flush.doubt()
      rollBack()
      throw watched.noteDamage(error)
    }
  }

  /**
   * Brings to disk, surely, what lies in the log; rejects when that fails, and then nothing may be committed. A checkpoint
   * would not do: it copies into the database from the same log, and a power cut in the middle of it leaves a database
   * with pages of commits that the log no longer has.
   */
  async function secureLog(): Promise<void> {
    if (flush.isBroken) throw new Error(BROKEN)
    await begin()
    try {
      await flush.writeAgain()
      readTurn.end()
      if (flush.hasFailed) checkWhole()
      flush.endDoubt()
    } finally {
      rollBack()
    }
  }

  /**
   * Throws when the log is not what SQLite has written: a system may drop the pages that it could not write, and read again
   * what was on disk before.
   */
  function checkWhole() {
    // Another connection is asked, because this one is in a transaction.
    const [[, written] = []] = readOnce(reader, 'PRAGMA wal_checkpoint(NOOP)')
    if (flush.countWhole() >= Number(written)) return
    flush.noteBroken()
    throw new Error(BROKEN)
  }

  async function commitAside<T>(act: () => Promise<T>): Promise<T> {
    // The mode can't be changed within a transaction.
    writer.run('PRAGMA synchronous = NORMAL')
    const { result, ms } = await commit(act).finally(() => writer.run('PRAGMA synchronous = FULL'))
    const begun = clock.monotonicMs()
    // The failure may be over already, and then the commit is on disk.
    await flush.flush().catch(secureLog)
    pace.noteCommit(ms, clock.monotonicMs() - begun)
    return result
  }

  async function secure() {
    if (flush.isInDoubt) await secureLog()
  }

  return {
    secure,
    async commit(act, { flushesAside = false, isScattered = false } = {}) {
      await secure()
      pace.expect(isScattered)
      if (flushesAside && flush.isPossible) return commitAside(act)
      const { result, ms } = await commit(act)
      pace.noteCommit(ms)
      return result
    },
  }
}

const isFailedWrite = (error: unknown): boolean =>
  /^SQLITE_IOERR/.test(String((error as { code?: unknown } | null)?.code))
