import { closeSync, fdatasync, fstatSync, openSync, realpathSync } from 'node:fs'
import { countWholeFrames, logBytes, rewriteLog } from './log-content.ts'
import { nameOf, statInPlace } from './watched-file.ts'

/** What may be over later, unlike a system that has no such way to flush. */
const PASSING = [
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'ENXIO',
  'ENODEV',
  'ESTALE',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ETIMEDOUT',
]

export type LogFlushOptions = {
  /** Of the database. */
  readonly pageBytes: number
  /** Flushes a handle; to be given by tests alone. */
  readonly sync?: ((handle: number) => Promise<void>) | undefined
}

/**
 * Flushes commits to disk while this thread goes on. SQLite with `synchronous=FULL` keeps the thread waiting for the disk
 * at the end of each commit, some 0.5 to 1 ms. With `synchronous=NORMAL` it only writes the commit to the log, and flushing
 * the log makes it as durable; what is committed becomes visible to readers a little before that.
 */
export class LogFlush {
  readonly #log: string
  readonly #pageBytes: number
  readonly #sync: (handle: number) => Promise<void>
  #handle: number | null = null
  #identity = ''
  #isKnownToWork = false
  #isImpossible = false
  #isInDoubt = true
  #hasFailed = false
  #isBroken = false

  constructor(file: string, { pageBytes, sync = syncData }: LogFlushOptions) {
    // SQLite puts the log beside the file itself, not beside a link to it.
    this.#log = `${realpathSync(file)}-wal`
    this.#pageBytes = pageBytes
    this.#sync = sync
  }

  /** Whether a commit may leave its flushing to `flush`: not every system flushes what another handle has written. */
  get isPossible(): boolean {
    return this.#isKnownToWork
  }

  /**
   * Whether something may lie in the log, and be read from it, that is not on disk: after a flush that failed, and at
   * first, because the process before may have left such a log. Flushing again does not help, because the system has
   * noted the failed pages as written. What is committed behind them would be lost with them in a power cut, since the
   * log is read only as far as it is whole.
   */
  get isInDoubt(): boolean {
    return this.#isBroken || (this.#isInDoubt && !this.#isImpossible)
  }

  /** Whether this process has seen a flush fail: what is read from the log since may be older than what was written. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Whether the log is known not to be whole. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** To be called when the log was found not to be whole; returns what to throw, now and whenever `isBroken`. */
  noteBroken(): Error {
    this.#isBroken = true
    this.doubt()
    return new Error(
      `the disk has lost a part of the write-ahead log ${this.#log}, or somebody has cut it off: ` +
        'restart every part that has the database open',
    )
  }

  /** To be called when a commit has failed and the disk may be the cause. */
  doubt(): void {
    this.#isInDoubt = true
    this.#hasFailed = true
  }

  /** Resolves when all that is committed is on disk; rejects when it may not be, which is in doubt then. */
  async flush(): Promise<void> {
    try {
      await this.#sync(this.#findHandle())
    } catch (error) {
      this.doubt()
      throw error
    }
  }

  /**
   * Writes the log again as it is, and flushes that; finds out, too, whether flushing works. To be called while the write
   * lock is held, so that nobody changes the log meanwhile; `hide` keeps others from reading it while it runs what it is
   * given. Rejects when the disk fails still.
   */
  async writeAgain(hide: (act: () => void) => void): Promise<void> {
    if (this.#isImpossible) return
    try {
      const handle = this.#findHandle()
      // Nothing is left for the system to write then, so that it can forget what it has in memory.
      await this.#sync(handle).catch(() => {})
      await rewriteLog(handle, hide)
      await this.#sync(handle)
      this.#isKnownToWork = true
    } catch (error) {
      if (this.#isKnownToWork || isPassing(error)) throw error
      // SQLite flushes each commit itself then.
      this.#isImpossible = true
    }
  }

  /** To be called when the log was written again, and was found whole where that was in question. */
  endDoubt(): void {
    this.#isInDoubt = false
    this.#hasFailed = false
  }

  /** How many frames of the log are whole, by their checksums. */
  countWhole(): number {
    return countWholeFrames(this.#findHandle())
  }

  /**
   * Throws when the log that this process writes to is no longer in its place, or was cut off so that it lacks some of the
   * `frames` that SQLite has written: what is written is lost then. To be called with the write lock.
   */
  checkPlace(frames: number): void {
    if (this.#handle === null) return
    const found = statInPlace(this.#log, this.#identity)
    if (found.size < logBytes(frames, this.#pageBytes)) throw this.noteBroken()
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle)
    this.#handle = null
  }

  /**
   * One handle for good. The system tells each handle of a failed write that was open then, but one that is opened after
   * any other was told hears nothing of it; and a checkpoint of SQLite may be told, and says nothing of it.
   */
  #findHandle(): number {
    if (this.#handle !== null) return this.#handle
    this.#handle = openSync(this.#log, 'r+')
    this.#identity = nameOf(fstatSync(this.#handle))
    return this.#handle
  }
}

const isPassing = (error: unknown) => PASSING.includes(String((error as { code?: unknown } | null)?.code))

const syncData = (handle: number) =>
  new Promise<void>((resolve, reject) => fdatasync(handle, (error) => (error ? reject(error) : resolve())))
