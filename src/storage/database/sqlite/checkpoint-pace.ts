/** Pages in the log at which a commit moves them into the database, on a disk that is fast enough for so many. */
const MOST_PAGES = 2000
/** The same for pages that lie all over the database: the disk writes each by itself, all of them in some 10 ms. */
const MOST_SCATTERED_PAGES = 250
/** 0.5 MB; 1 MB in a file of an earlier build, whose pages are twice as large. */
const LEAST_PAGES = 125
/** A commit that takes longer keeps everything else on this thread waiting for too long. */
const SLOW_MS = 25
/** On a disk on which every commit takes long, fewer pages at a time would only mean more flushes. */
const TIMES_LEAST = 3
/** What a commit takes at least follows a quicker one at once, slower ones by this share of the difference. */
const RISE = 0.01
/** So many quick commits in a row show that more pages may be moved at a time. */
const QUICK_COMMITS = 200

/**
 * How many pages of the log one commit moves into the database, bounded by the time that it took before: pages that lie
 * next to each other, as samples do, are moved 2000 at a time in some milliseconds, pages from all over a large file (old
 * events leave a dozen indexes) took 160 ms. Of these the first are too many already, so whoever writes such pages says so.
 */
export class CheckpointPace {
  readonly #setPages: (pages: number) => void
  #pages = MOST_PAGES
  #isScattered = false
  #quick = 0
  /** Null before the first commit. */
  #leastMs: number | null = null

  /** `setPages` sets the number from the next commit on; called with the first one at once. */
  constructor(setPages: (pages: number) => void) {
    this.#setPages = setPages
    this.#set()
  }

  /** To be called before each commit: whether it leaves pages that lie all over the database. */
  expect(isScattered: boolean): void {
    if (isScattered === this.#isScattered) return
    this.#isScattered = isScattered
    this.#set()
  }

  /** `ms` is how long the commit kept the thread, `flushMs` how long it was flushed beside other work then. */
  noteCommit(ms: number, flushMs = 0): void {
    const whole = ms + flushMs
    const least = this.#leastMs ?? whole
    this.#leastMs = whole < least ? whole : least + RISE * (whole - least)
    const isSlow = ms > SLOW_MS && ms > TIMES_LEAST * least
    if (isSlow) {
      this.#quick = 0
      this.#change(Math.max(LEAST_PAGES, this.#pages >> 1))
    } else if (this.#pages < MOST_PAGES && ++this.#quick >= QUICK_COMMITS) {
      this.#quick = 0
      this.#change(Math.min(MOST_PAGES, this.#pages * 2))
    }
  }

  #change(pages: number): void {
    if (pages === this.#pages) return
    this.#pages = pages
    this.#set()
  }

  #set(): void {
    this.#setPages(this.#isScattered ? Math.min(MOST_SCATTERED_PAGES, this.#pages) : this.#pages)
  }
}
