import { type NumberRange, rangesOf } from '../../domain/audit/number-ranges.ts'
import type { QueueFile } from './queue-file.ts'
import { type Item, sizeOf } from './queue-rows.ts'

/** The waiting items: on disk, without those already deleted, and in memory. */
export class QueueContents {
  file: QueueFile | null = null
  /** In memory only, so far. */
  pending: Item[] = []
  /** Items written last, which are on disk now: they need not be read again for sending. */
  recent: readonly Item[] = []
  /** On disk still, though acknowledged: they go with the next commit. */
  readonly gone = new Set<number>()
  /** The lowest id that waits is not below this. */
  #lowest = 0

  get firstPending(): number | null {
    return this.pending[0]?.id ?? null
  }

  get pendingBytes(): number {
    return this.pending.reduce((sum, item) => sum + sizeOf(item), 0)
  }

  push(item: Item): void {
    this.pending.push(item)
  }

  remove(items: readonly Item[]): void {
    const ids = new Set(items.map((item) => item.id))
    const firstPending = this.firstPending ?? Number.POSITIVE_INFINITY
    this.pending = this.pending.filter((item) => !ids.has(item.id))
    for (const id of ids) if (id < firstPending) this.gone.add(id)
  }

  /** Removes the oldest from memory, at least this many bytes of them. */
  takePending(bytes: number): readonly Item[] {
    let count = 0
    for (let excess = bytes; excess > 0 && count < this.pending.length; count++)
      excess -= sizeOf(this.pending[count] as Item)
    const taken = this.pending.slice(0, count)
    this.pending = this.pending.slice(count)
    return taken
  }

  /** The items in memory were written to disk, and the deleted ones are gone there. */
  noteWritten(): void {
    this.recent = this.pending
    this.pending = []
    this.gone.clear()
  }

  /** Another file has replaced the one before, without the deleted items. */
  replaceFile(file: QueueFile): void {
    this.file = file
    this.recent = []
    this.gone.clear()
    this.#lowest = 0
  }

  /** The lowest id that waits, `none` when nothing does. As far as is known while the disk can't be read. */
  findLowest(none: number): number {
    try {
      // The content of a file that can't be opened is unknown: all of it may still be sent.
      if (this.file === null) return this.#lowest
      this.#lowest = this.#findFirst(this.#lowest)?.id ?? none
    } catch {
      // The next read decides.
    }
    return this.#lowest
  }

  /** The first that waits of those from `first` on; all of what was written last is in memory too. */
  #findFirst(first: number): Item | undefined {
    const [oldest] = this.recent
    if (oldest === undefined || first < oldest.id)
      return this.ascending(first, Number.MAX_SAFE_INTEGER).next().value
    const waits = ({ id }: Item) => id >= first && !this.gone.has(id)
    return this.recent.find(waits) ?? this.pending.find(waits)
  }

  /**
   * The ids that wait, ascending, of which there are `length`; null while the file can't be read. They are
   * nearly always consecutive, and then only the first and the last are read.
   */
  findRanges(length: number): NumberRange[] | null {
    const { file } = this
    if (file === null) return null
    try {
      const first = this.findLowest(0)
      const last = this.descending(first, Number.MAX_SAFE_INTEGER).next().value?.id ?? first
      if (first > 0 && last - first + 1 === length) return [{ first, last }]
      return rangesOf(this.#listIds(file))
    } catch {
      return null
    }
  }

  *#listIds(file: QueueFile): Generator<number> {
    for (const id of file.listIds(0, Number.MAX_SAFE_INTEGER)) if (!this.gone.has(id)) yield id
    for (const { id } of this.pending) yield id
  }

  /** Those of `descending` as a list, without the file; null when some of them may be in the file alone. */
  listNewest(first: number, last: number): readonly Item[] | null {
    const oldest = this.recent[0]?.id ?? this.firstPending
    if (oldest === null || first < oldest) return null
    const found: Item[] = []
    const add = (items: readonly Item[]) => {
      for (let i = items.length - 1; i >= 0; i--) {
        const item = items[i]
        if (item !== undefined && item.id >= first && item.id <= last && !this.gone.has(item.id))
          found.push(item)
      }
    }
    add(this.pending)
    add(this.recent)
    return found
  }

  *ascending(first: number, last: number): Generator<Item, undefined> {
    if (this.file !== null)
      for (const item of this.file.ascending(first, last)) if (!this.gone.has(item.id)) yield item
    for (const item of this.pending) if (item.id >= first && item.id <= last) yield item
  }

  *descending(first: number, last: number): Generator<Item, undefined> {
    for (const item of this.pending.toReversed()) if (item.id >= first && item.id <= last) yield item
    for (const item of this.recent.toReversed())
      if (item.id >= first && item.id <= last && !this.gone.has(item.id)) yield item
    const below = Math.min(last, (this.recent[0]?.id ?? Number.POSITIVE_INFINITY) - 1)
    if (this.file !== null && first <= below)
      for (const item of this.file.descending(first, below)) if (!this.gone.has(item.id)) yield item
  }
}
