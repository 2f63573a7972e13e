import type { Clock } from '../../../lib/clock.ts'
import { describeError, type Log } from '../../../lib/log.ts'
import type { DiskFailures } from '../../ports/maintenance.ts'

/** Whether an error of SQLite says that the disk did not do what it was asked. A full one is told apart, and loses nothing. */
export const isFailedWrite = (error: unknown): boolean =>
  /^SQLITE_IOERR/.test(String((error as { code?: unknown } | null)?.code))

/** A disk that fails now and then is logged so often at most. */
const LOG_AGAIN_MS = 60_000

/** Counts writes that a disk did not do; logs that it fails, and that it works again. */
export class DiskTrouble {
  readonly #file: string
  readonly #clock: Clock
  readonly #log: Log | undefined
  #count = 0
  #last: DiskFailures['last'] = null
  #isOver = true
  #loggedAt = Number.NEGATIVE_INFINITY
  /** Whether the log says that it fails. */
  #isLogged = false
  /** The failures that the log has told of. */
  #loggedCount = 0

  constructor(file: string, clock: Clock, log: Log | undefined) {
    this.#file = file
    this.#clock = clock
    this.#log = log
  }

  get failures(): DiskFailures {
    return { count: this.#count, last: this.#last, isOver: this.#isOver }
  }

  note(error: unknown): void {
    const words = describeError(error)
    this.#count++
    this.#last = { time: this.#clock.now(), words }
    this.#isOver = false
    const now = this.#clock.monotonicMs()
    if (now - this.#loggedAt < LOG_AGAIN_MS) return
    this.#loggedAt = now
    this.#isLogged = true
    this.#log?.error(
      'the disk of the database failed: nothing is stored until all in question is written again',
      {
        file: this.#file,
        error: words,
      },
    )
  }

  /** Called when everything that was committed is known to be on disk. */
  end(): void {
    this.#isOver = true
    if (!this.#isLogged) return
    this.#isLogged = false
    this.#log?.warn('the disk of the database works again: all in question was written once more', {
      file: this.#file,
      failures: this.#count - this.#loggedCount,
    })
    this.#loggedCount = this.#count
  }
}
