type KnownProcess = {
  /** Its command and start: another one is another program, or another process under the same number. */
  readonly identity: string
  /** How often it has been looked at. */
  readonly looks: number
  /** The newest cycle in which it was listed. */
  cycle: number
}

/**
 * A process may take its name some time after its start, so each is read again; but of the known ones only
 * this many in a cycle.
 */
const RECHECK_PER_CYCLE = 250

/** A new process soon runs another program, so the known ones of so few looks are looked at again at once. */
const EARLY_LOOKS = 2

/** At the first look most processes have been there for long; these last ones may be new. */
const NEW_AT_FIRST = 100

/**
 * The processes that have none of the wanted names. The list is kept from cycle to cycle and changed in
 * place: with 20,000 processes a copy each time would cost more than reading the new ones.
 */
export class ProcessScan {
  /** The names that the processes were compared with. */
  readonly names: string
  /** Those that were read only a few times. */
  readonly #early = new Map<number, KnownProcess>()
  /** The others, the longest ago looked at first. */
  readonly #settled = new Map<number, KnownProcess>()
  #cycle = 0

  constructor(names: string) {
    this.names = names
  }

  /** Whether the process need not be read in full, because it is the same as before and that is known well. */
  isSettled(id: number, identity: string): boolean {
    return this.#settled.get(id)?.identity === identity
  }

  /**
   * Forgets what has ended. Which processes are to be looked at: new ones first, then those looked at a few times,
   * then some of the others, the longest ago looked at first.
   */
  plan(ids: readonly number[]): number[] {
    const cycle = ++this.#cycle
    const queue: number[] = []
    for (const id of ids) {
      const known = this.#early.get(id) ?? this.#settled.get(id)
      if (known === undefined) queue.push(id)
      else known.cycle = cycle
    }
    const added = queue.length
    if (this.#early.size + this.#settled.size + added > ids.length)
      for (const known of [this.#early, this.#settled])
        for (const [id, seen] of known) if (seen.cycle !== cycle) known.delete(id)
    takeFirst(this.#early.keys(), RECHECK_PER_CYCLE, queue)
    takeFirst(this.#settled.keys(), RECHECK_PER_CYCLE, queue)
    return queue
  }

  /** The process has been looked at and has none of the names. `isLast` of those that came last in the list. */
  note(id: number, identity: string, isLast: boolean): void {
    const known = this.#early.get(id) ?? this.#settled.get(id)
    const isOld = known === undefined && this.#cycle === 1 && !isLast
    const seen = { identity, looks: isOld ? EARLY_LOOKS : (known?.looks ?? 0) + 1, cycle: this.#cycle }
    this.#early.delete(id)
    this.#settled.delete(id)
    if (seen.looks < EARLY_LOOKS) this.#early.set(id, seen)
    else this.#settled.set(id, seen)
  }

  /** Whether all of these have been looked at. */
  covers(ids: readonly number[]): boolean {
    return ids.every((id) => this.#early.has(id) || this.#settled.has(id))
  }

  static isLast(place: number, count: number): boolean {
    return place >= count - NEW_AT_FIRST
  }
}

function takeFirst(ids: Iterable<number>, most: number, into: number[]) {
  let left = most
  for (const id of ids) {
    if (left-- === 0) return
    into.push(id)
  }
}
