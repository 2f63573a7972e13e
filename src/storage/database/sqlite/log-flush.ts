import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs'

/**
 * Flushes commits to disk while this thread goes on. SQLite with `synchronous=FULL` keeps the thread waiting for the disk
 * at the end of each commit, some 0.5 to 1 ms. With `synchronous=NORMAL` it only writes the commit to the log, and flushing
 * the log makes it as durable; what is committed becomes visible to readers a little before that.
 */
export class LogFlush {
  readonly #log: string
  /** False until flushing has worked: not every system flushes a file that another handle has written. */
  #isKnownToWork = false
  #isImpossible = false

  constructor(file: string) {
    // SQLite puts the log beside the file itself, not beside a link to it.
    this.#log = `${realpathSync(file)}-wal`
  }

  /** Whether a commit may leave its flushing to `flush`. */
  get isPossible(): boolean {
    return this.#isKnownToWork
  }

  /** Resolves when all that is committed is on disk; rejects when it may not be. */
  async flush(): Promise<void> {
    // Opened anew each time: what lies there under this name now is what SQLite writes to.
    const handle = openSync(this.#log, 'r+')
    try {
      await new Promise<void>((resolve, reject) =>
        fdatasync(handle, (error) => (error ? reject(error) : resolve())),
      )
    } finally {
      closeSync(handle)
    }
  }

  /** Finds out, once, whether flushing works. SQLite has flushed what was committed before. */
  async tryOnce(): Promise<void> {
    if (this.#isKnownToWork || this.#isImpossible) return
    try {
      await this.flush()
      this.#isKnownToWork = true
    } catch {
      this.#isImpossible = true
    }
  }
}
