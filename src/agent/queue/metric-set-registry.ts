export type QueuedMetricSet = { readonly id: number; readonly metrics: readonly string[] }

/** Lists of names kept in memory; older ones are read from the file again. */
const MAX_KEPT = 16

/**
 * Gives each list of metric names a number, so that the queue holds the list once and not with every frame.
 */
export class MetricSetRegistry {
  readonly #kept = new Map<number, readonly string[]>()
  readonly #load: (id: number) => readonly string[] | null
  #unsaved: QueuedMetricSet[] = []
  #last: QueuedMetricSet | null = null
  #nextId = 1

  /** `load` finds the names of a number that was saved; null when it is not there. */
  constructor(load: (id: number) => readonly string[] | null) {
    this.#load = load
  }

  /** Numbers given from now on are above `id`; `last` is the list that the next frame most likely has. */
  continueAfter(id: number, last: QueuedMetricSet | null): void {
    this.#nextId = Math.max(this.#nextId, id + 1)
    this.#last ??= last
  }

  /** The number of a list; the list before is known by what it holds, others get a new number. */
  intern(metrics: readonly string[]): number {
    const last = this.#last
    if (last !== null && isSameList(last.metrics, metrics)) {
      if (last.metrics !== metrics) this.#last = { id: last.id, metrics }
      return last.id
    }
    const metricSet = { id: this.#nextId++, metrics }
    this.#last = metricSet
    this.#unsaved.push(metricSet)
    return metricSet.id
  }

  /** Null when the names are lost. Throws when the file can't be read. */
  find(id: number): readonly string[] | null {
    if (id === this.#last?.id) return this.#last.metrics
    const known = this.#kept.get(id) ?? this.#unsaved.find((metricSet) => metricSet.id === id)?.metrics
    if (known !== undefined) return known
    const loaded = this.#load(id)
    if (loaded === null) return null
    const oldest = this.#kept.keys().next()
    if (this.#kept.size >= MAX_KEPT && !oldest.done) this.#kept.delete(oldest.value)
    this.#kept.set(id, loaded)
    return loaded
  }

  /** Those that are not in the file yet. */
  get unsaved(): readonly QueuedMetricSet[] {
    return this.#unsaved
  }

  noteSaved(): void {
    this.#unsaved = []
  }

  /** The file is gone; what was in it has to be saved again if it is still needed. */
  forgetFile(): void {
    this.#kept.clear()
    if (this.#last !== null && !this.#unsaved.includes(this.#last)) this.#unsaved.push(this.#last)
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]))
}
