import type { Database as Connection } from 'bun:sqlite'
import type { Clock } from '../../../lib/clock.ts'

/** A snapshot that is older is not read further: as long as it is held, the write-ahead log can't begin anew. */
const LONGEST_MS = 50

/**
 * One read transaction for all statements that a connection runs one after the other, with nothing but promises
 * between: those of one request or message. The next request, and what comes after a timer or an answer, sees what is
 * committed by then. A statement outside of any transaction takes and gives back a lock of the file, two system calls,
 * which cost more than most look-ups: ten statements of a request in one transaction take half the time.
 */
export type ReadTurn = {
  /** Called before a statement. Throws when SQLite does. */
  begin(): void
  /** The next statement sees all that is committed by then. */
  end(): void
  /** Counts up at each end of a transaction. */
  count(): number
}

export function createReadTurn(
  connection: Connection,
  prepare: (sql: string) => { run(): unknown },
  clock: Clock,
): ReadTurn {
  let isOpen = false
  let isScheduled = false
  let since = 0
  let ended = 0

  function end() {
    if (!isOpen) return
    isOpen = false
    ended++
    try {
      // SQLite ends it itself after some failures.
      if (connection.inTransaction) prepare('COMMIT').run()
    } catch {
      // Nothing was written. Of a damaged file no statement can be prepared, and the next read says so.
    }
  }

  function endTurn() {
    isScheduled = false
    end()
  }

  return {
    begin() {
      if (isOpen && clock.monotonicMs() - since > LONGEST_MS) end()
      if (isOpen) return
      if (!connection.inTransaction) prepare('BEGIN').run()
      isOpen = true
      since = clock.monotonicMs()
      if (isScheduled) return
      isScheduled = true
      // A tick that is asked for by a promise comes when no promise is left that could go on, before any other event.
      queueMicrotask(() => process.nextTick(endTurn))
    },
    end,
    count: () => ended,
  }
}
