import type { Connection } from './connection/connection.ts'
import { PAUSED_FOR_MEMORY } from './connection/connection-context.ts'
import type { CollectLimits } from './connection/connection-limits.ts'

/** Who holds memory. */
export type Holder = Pick<Connection, 'held' | 'memoryWaitSince' | 'pause' | 'resume' | 'refuse'>

/**
 * Bounds what unfinished messages hold over all connections. Beyond the budget only small ones and the
 * largest are read on: the largest, because finishing it frees most; beyond twice the budget the largest that
 * waits is refused.
 */
export class MemoryBudget {
  readonly #limits: Pick<CollectLimits, 'heldBytes' | 'smallBytes'>
  readonly #now: () => number
  readonly #waiting = new Set<Holder>()
  #held = 0
  #leader: Holder | null = null

  constructor(limits: Pick<CollectLimits, 'heldBytes' | 'smallBytes'>, monotonicMs: () => number) {
    this.#limits = limits
    this.#now = monotonicMs
  }

  get held(): number {
    return this.#held
  }

  get isExceeded(): boolean {
    return this.#held > this.#limits.heldBytes
  }

  /** Takes note of what `connection` holds more or less than before. */
  note(connection: Holder, change: number): void {
    this.#held += change
    if (connection.held === 0) {
      this.#waiting.delete(connection)
      connection.memoryWaitSince = null
    }
    if (this.#leader !== null && this.#leader.held <= this.#limits.smallBytes) this.#leader = null
    if (change > 0 && this.isExceeded && connection.held > this.#limits.smallBytes) this.#holdBack(connection)
    else if (this.#waiting.size > 0) this.#letGo()
  }

  /**
   * The connection that is let go on although the budget is spent is given up: another may take its place.
   */
  #holdBack(connection: Holder): void {
    this.#leader ??= this.#findLargest() ?? connection
    if (connection !== this.#leader) {
      this.#waiting.add(connection)
      connection.memoryWaitSince ??= this.#now()
      connection.pause(PAUSED_FOR_MEMORY)
    } else this.#release(connection)
    if (this.#held <= 2 * this.#limits.heldBytes) return
    const largest = this.#findLargest()
    if (largest !== null && largest !== this.#leader)
      largest.refuse('memory', 'too much is held in unfinished messages')
  }

  #letGo(): void {
    if (!this.isExceeded) {
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const connection of waiting) this.#release(connection)
    } else if (this.#leader === null) {
      this.#leader = this.#findLargest()
      if (this.#leader !== null) this.#release(this.#leader)
    }
  }

  #release(connection: Holder): void {
    this.#waiting.delete(connection)
    connection.memoryWaitSince = null
    connection.resume(PAUSED_FOR_MEMORY)
  }

  #findLargest(): Holder | null {
    let largest: Holder | null = null
    for (const connection of this.#waiting)
      if (largest === null || connection.held > largest.held) largest = connection
    return largest
  }
}
