import type { Connection } from './connection/connection.ts'
import { PAUSED_FOR_MEMORY } from './connection/pause-reasons.ts'

/** A connection that holds memory. */
export type Holder = Pick<Connection, 'held' | 'memoryWaitSince' | 'pause' | 'resume' | 'refuse'>

export type MemoryBudgetOptions = {
  /** Bytes that unfinished messages may hold together. */
  readonly heldBytes: number
  /** A connection that holds no more than this is read on whatever the others hold. */
  readonly smallBytes: number
  /** The largest has this long to be complete while others wait for it. */
  readonly leaderMs: number
}

/** A host, or a network of unknown senders, with its connections that hold something. */
type Party = { readonly name: string; readonly holders: Set<Holder>; held: number }

/**
 * Bounds the memory of unfinished messages over many connections. Above the budget only small ones and the
 * largest are read on: the largest, because finishing it frees most; above twice the budget the largest that
 * waits is refused. Others do not wait for a party that holds more than half of the budget: that party has to
 * give way.
 */
export class MemoryBudget {
  readonly #options: MemoryBudgetOptions
  readonly #now: () => number
  readonly #waiting = new Set<Holder>()
  readonly #known = new Map<Holder, { readonly party: Party; held: number }>()
  readonly #parties = new Map<string, Party>()
  #held = 0
  #leader: Holder | null = null
  #leaderSince = 0

  constructor(options: MemoryBudgetOptions, monotonicMs: () => number) {
    this.#options = options
    this.#now = monotonicMs
  }

  get held(): number {
    return this.#held
  }

  get isExceeded(): boolean {
    return this.#held > this.#options.heldBytes
  }

  /** Takes note of what `connection` holds now. `party` is who answers for it, and counts when it is first noted. */
  note(connection: Holder, party: string): void {
    const change = this.#count(connection, party)
    if (connection.held === 0) this.#endWait(connection)
    const { smallBytes } = this.#options
    if (this.#leader !== null && this.#leader.held <= smallBytes) this.#leader = null
    if (change > 0 && this.isExceeded && connection.held > smallBytes) this.#holdBack(connection)
    else if (this.#waiting.size > 0) this.#letGo()
  }

  /** The memory of the connection is counted elsewhere from now on. */
  leave(connection: Holder): void {
    const own = this.#known.get(connection)
    if (own !== undefined) this.#forget(connection, own.party, own.held)
    this.#endWait(connection)
    if (this.#leader === connection) this.#leader = null
    if (this.#waiting.size > 0) this.#letGo()
  }

  /** To be called every second or so. */
  sweep(): void {
    const leader = this.#leader
    if (leader === null || this.#waiting.size === 0) return
    if (this.#now() - this.#leaderSince <= this.#options.leaderMs) return
    leader.refuse('memory', 'its message came too slowly while others waited for memory')
  }

  /** The change since it was last counted. */
  #count(connection: Holder, name: string): number {
    const { held } = connection
    const own = this.#known.get(connection)
    const change = held - (own?.held ?? 0)
    if (held === 0) {
      if (own !== undefined) this.#forget(connection, own.party, own.held)
      return change
    }
    const party = own?.party ?? this.#parties.get(name) ?? { name, holders: new Set(), held: 0 }
    if (own !== undefined) own.held = held
    else {
      this.#known.set(connection, { party, held })
      this.#parties.set(name, party)
      party.holders.add(connection)
    }
    party.held += change
    this.#held += change
    return change
  }

  #forget(connection: Holder, party: Party, held: number): void {
    this.#known.delete(connection)
    party.holders.delete(connection)
    party.held -= held
    this.#held -= held
    if (party.holders.size === 0) this.#parties.delete(party.name)
  }

  /**
   * The connection that is let go on although the budget is spent is given up: another may take its place.
   */
  #holdBack(connection: Holder): void {
    if (this.#relieve(connection)) return
    if (this.#leader === null) this.#lead(findLargest(this.#waiting) ?? connection)
    if (connection !== this.#leader) {
      this.#waiting.add(connection)
      connection.memoryWaitSince ??= this.#now()
      connection.pause(PAUSED_FOR_MEMORY)
    }
    if (this.#held <= 2 * this.#options.heldBytes) return
    const largest = findLargest(this.#waiting)
    if (largest !== null && largest !== this.#leader)
      largest.refuse('memory', 'too much is held in unfinished messages')
  }

  /** True when another party gave way, so that the connection need not wait. */
  #relieve(connection: Holder): boolean {
    const own = this.#known.get(connection)?.party
    while (this.isExceeded) {
      let heaviest: Party | undefined
      for (const party of this.#parties.values())
        if (party.held > (heaviest?.held ?? this.#options.heldBytes / 2)) heaviest = party
      const largest = heaviest === undefined || heaviest === own ? null : findLargest(heaviest.holders)
      if (largest === null) return false
      largest.refuse('memory', 'more than half of the memory for unfinished messages is held by one sender')
      // Whoever is refused holds nothing any more.
      if (this.#known.has(largest)) this.leave(largest)
    }
    return true
  }

  #letGo(): void {
    if (!this.isExceeded) {
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const connection of waiting) this.#release(connection)
    } else if (this.#leader === null) {
      const largest = findLargest(this.#waiting)
      if (largest !== null) this.#lead(largest)
    }
  }

  #lead(connection: Holder): void {
    this.#leader = connection
    this.#leaderSince = this.#now()
    this.#release(connection)
  }

  #release(connection: Holder): void {
    this.#endWait(connection)
    connection.resume(PAUSED_FOR_MEMORY)
  }

  #endWait(connection: Holder): void {
    this.#waiting.delete(connection)
    connection.memoryWaitSince = null
  }
}

function findLargest(holders: ReadonlySet<Holder>): Holder | null {
  let largest: Holder | null = null
  for (const connection of holders)
    if (largest === null || connection.held > largest.held) largest = connection
  return largest
}
