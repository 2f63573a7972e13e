import type { Clock } from '../../../lib/clock.ts'
import { describeError, type Log } from '../../../lib/log.ts'

/** Whether an error of SQLite says that the disk did not do what it was asked. A full one is told apart, and loses nothing. */
export const isFailedWrite = (error: unknown): boolean =>
  /^SQLITE_IOERR/.test(String((error as { code?: unknown } | null)?.code))

/** What the disk of an open database did not do, since this process began. */
export type DiskFailures = {
  readonly count: number
  /** The newest: seconds since 1970 and its words. */
  readonly last: { readonly time: number; readonly words: string } | null
  /** False when everything that was in question is known to be on disk since. */
  readonly isOver: boolean
}

/** Counts writes that a disk did not do, and logs the first of a row and that it is over. */
export class DiskTrouble {
  readonly #file: string
  readonly #clock: Clock
  readonly #log: Log | undefined
  #count = 0
  /** Of the present row. */
  #row = 0
  #last: DiskFailures['last'] = null

  constructor(file: string, clock: Clock, log: Log | undefined) {
    this.#file = file
    this.#clock = clock
    this.#log = log
  }

  get failures(): DiskFailures {
    return { count: this.#count, last: this.#last, isOver: this.#row === 0 }
  }

  note(error: unknown): void {
    const words = describeError(error)
    this.#count++
    this.#last = { time: this.#clock.now(), words }
    if (this.#row++ > 0) return
    this.#log?.error('the disk of the database failed: nothing is committed until all is written again', {
      file: this.#file,
      error: words,
    })
  }

  /** Called when everything that was committed is known to be on disk. */
  end(): void {
    if (this.#row === 0) return
    const failures = this.#row
    this.#row = 0
    this.#log?.warn('the disk of the database works again: what was in question was written once more', {
      file: this.#file,
      failures,
    })
  }
}
