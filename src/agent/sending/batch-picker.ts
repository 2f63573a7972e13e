import type { Queue } from '../queue/queue.ts'
import type { Item } from '../queue/queue-rows.ts'

/** Few, so that the fresh samples of other agents need not wait long behind them: see `MAX_OPEN_BATCHES`. */
const BATCH_ITEMS = 60

export type PickLimits = {
  /** A batch should not be longer. */
  readonly bytes: number
  /** The latest time of a frame that the server takes now. */
  readonly latestTime: number
  /** Ids that are on their way already. */
  readonly inFlight: ReadonlySet<number>
}

/**
 * Chooses what is sent next: new samples first, then parts of a refused batch, then the backlog, oldest
 * first.
 */
export class BatchPicker {
  readonly #queue: Queue
  /** Everything up to this id is due; what came later waits for its turn in the interval. */
  #dueId = 0
  #freshId = 0
  #backlogId = 0
  /** Pieces of refused batches, to find what exactly is refused. */
  #pieces: Item[][] = []
  readonly #suspects = new Set<number>()
  /** Frames from the server's future were passed over; they are looked at again in the next interval. */
  #hasHeldBack = false

  constructor(queue: Queue) {
    this.#queue = queue
  }

  /** New samples go before the backlog. */
  get hasFresh(): boolean {
    return this.#freshId < this.#dueId
  }

  /** All that is in the queue by now is due. */
  beginInterval(): void {
    this.#dueId = this.#queue.newestId
    if (this.#hasHeldBack) this.#backlogId = 0
    this.#hasHeldBack = false
  }

  /** Unacknowledged items of the previous connection are sent again. */
  beginConnection(): void {
    this.#freshId = Math.max(0, this.#dueId - 1)
    this.#backlogId = 0
    this.#pieces = []
    this.#suspects.clear()
  }

  /** Frames of this interval wait until the clocks agree. */
  get hasHeldBack(): boolean {
    return this.#hasHeldBack
  }

  noteHeldBack(): void {
    this.#hasHeldBack = true
  }

  /** The next batch; empty when nothing can be sent now. */
  pick({ bytes, latestTime, inFlight }: PickLimits): readonly Item[] {
    const limits = {
      items: BATCH_ITEMS,
      bytes,
      isExcluded: (item: Item) => {
        if (inFlight.has(item.id) || this.#suspects.has(item.id)) return true
        if (item.kind !== 'frame' || item.time <= latestTime) return false
        this.#hasHeldBack = true
        return true
      },
    }
    if (this.hasFresh) {
      const items = this.#queue.takeNewest(this.#freshId, this.#dueId, limits)
      this.#freshId = this.#dueId
      if (items.length > 0) return items
    }
    const piece = this.#pieces.shift()
    if (piece !== undefined) {
      for (const { id } of piece) this.#suspects.delete(id)
      return piece
    }
    if (this.#queue.figures.length <= inFlight.size) return []
    const items = this.#queue.takeOldest(this.#backlogId, this.#dueId, limits)
    this.#backlogId = items.at(-1)?.id ?? this.#backlogId
    return items
  }

  /**
   * Halves what was refused until the item at fault stands alone: the others are not to go with it. Gives that
   * item, null while there is more than one.
   */
  isolate(items: readonly Item[]): Item | null {
    if (items.length > 1) {
      const middle = items.length >> 1
      this.#pieces.push(items.slice(0, middle), items.slice(middle))
      for (const { id } of items) this.#suspects.add(id)
      return null
    }
    return items[0] ?? null
  }
}
