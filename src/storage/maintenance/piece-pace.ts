/** Rests follow the time of the piece before, but a disk that stands still for seconds is no reason to stop for a minute. */
const LONGEST_REST_MS = 250

export type PieceBounds = {
  /** Rows of the first piece, and the fewest of any. */
  readonly least: number
  readonly most: number
  /** Milliseconds that a piece should take, its commit included. */
  readonly aimMs: number
  /** The rest after a piece in times of what the piece took. */
  readonly rests: number
}

/**
 * How many rows one piece of long work takes, and how long it rests after each, by the time that the piece before took
 * with its commit. Others wait for a piece, and what it writes takes its share of the disk: a disk that gets slower is
 * given longer rests.
 */
export class PiecePace {
  readonly #bounds: PieceBounds
  #rows: number

  constructor(bounds: PieceBounds) {
    this.#bounds = bounds
    this.#rows = bounds.least
  }

  /** Rows of the next piece. */
  get rows(): number {
    return this.#rows
  }

  /** Notes that a piece took `ms`; returns how many milliseconds to rest before the next. */
  note(ms: number): number {
    const { least, most, aimMs, rests } = this.#bounds
    const ratio = Math.max(0.5, Math.min(2, aimMs / ms))
    this.#rows = Math.max(least, Math.min(most, Math.round(this.#rows * ratio)))
    return Math.min(LONGEST_REST_MS, rests * ms)
  }
}
