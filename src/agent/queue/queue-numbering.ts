import type { Loss } from '../../domain/audit/loss.ts'
import { missingFrom, rangesOf } from '../../domain/audit/number-ranges.ts'
import { LossList } from './loss-list.ts'
import type { QueueNote } from './queue-note.ts'
import { NO_TOTALS, type QueueState, type QueueTotals } from './queue-rows.ts'
import type { QueueNumbers } from './queue-state-tables.ts'

/**
 * Numbers left out after a crash. A crash of the machine may take back the last ten seconds of the file, and
 * the server may have them: a number must never be given twice.
 */
const SKIPPED_NUMBERS = 1000

/** A file as it was found. */
export type FoundFile = {
  readonly state: QueueState
  /** True when the file replaces a damaged one, with everything readable of that. */
  readonly isSalvaged: boolean
  /** The ids in it, ascending. Asked for only when it was salvaged. */
  listIds(): Iterable<number>
}

/** The part of a queue that its file has lost: all waiting items, or the last of them. */
export type LostItems = { readonly count: number; readonly isAll: boolean }

/**
 * The numbers of a queue: each item gets one, for ever. The generation names the row of numbers. It is stored
 * in the queue's file and in the note beside it, and starts again only when both are gone.
 */
export class QueueNumbering {
  #generation: string | null = null
  #newest = 0
  #losses = new LossList()
  #isDirty = false

  get newest(): number {
    return this.#newest
  }

  /** Names the row of numbers. */
  get generation(): string {
    this.#generation ??= crypto.randomUUID()
    return this.#generation
  }

  get losses(): LossList {
    return this.#losses
  }

  /** The losses to be written, null when they are on disk already. */
  get unsavedLosses(): readonly Loss[] | null {
    return this.#isDirty ? this.#losses.all : null
  }

  take(): number {
    return ++this.#newest
  }

  /** To be called after each change of `losses`. */
  noteLossesChanged(): void {
    this.#isDirty = true
  }

  noteSaved(): void {
    this.#isDirty = false
  }

  /** The part of it that is in the file. */
  describe(isClean: boolean): QueueNumbers {
    return { generation: this.generation, newest: this.#newest, isClean }
  }

  /** The file can't be opened now: goes on from the note, or far above what the file may hold. */
  beginWithout(note: QueueNote | null, nowMs: number): void {
    this.#newest = note?.newest ?? nowMs
    if (note !== null) this.#generation = note.generation
  }

  /**
   * Takes over what a file and the note say, and tells the totals up to now, and what the file does not have though
   * the note knows of it. `firstPending` is the lowest number in memory; null when there is none.
   */
  adopt(
    found: FoundFile,
    note: QueueNote | null,
    firstPending: number | null,
  ): { readonly totals: QueueTotals; readonly lost: LostItems | null } {
    const { state } = found
    const isNew = state.generation === null && state.newest === 0
    const isLost = isNew && note !== null
    const before = this.#losses.all
    // In this order: the server keeps the first reason that it receives.
    this.#losses = new LossList([...(isLost ? note.losses : state.losses), ...before])
    this.#isDirty = true
    const known = note !== null && (isLost || note.generation === state.generation) ? note : null
    this.#generation =
      state.generation ?? (isLost ? note.generation : this.#generation) ?? crypto.randomUUID()
    let newest = state.newest
    let lost: LostItems | null = null
    if (known !== null && known.newest > newest) {
      // Of a queue that was lost everything that waited; otherwise what a crash took back.
      const first = isLost ? Math.max(1, known.waiting) : newest + 1
      this.#losses.addRange({ first, last: known.newest }, isLost ? 'queue' : 'crash')
      const count = isLost ? known.length : known.newest - newest
      if (count > 0) lost = { count, isAll: isLost }
      newest = known.newest
    }
    if (found.isSalvaged) this.noteDamaged(found.listIds(), known?.waiting ?? state.firstId ?? newest, newest)
    if (!isNew && !state.isClean && state.generation !== null) {
      this.#losses.addRange({ first: newest + 1, last: newest + SKIPPED_NUMBERS }, 'unused')
      newest += SKIPPED_NUMBERS
    }
    if (firstPending !== null && firstPending > newest + 1)
      this.#losses.addRange({ first: newest + 1, last: firstPending - 1 }, 'unused')
    this.#newest = Math.max(newest, this.#newest)
    return { totals: sumTotals(state, known, isLost || found.isSalvaged), lost }
  }

  /** Damaged items have no known numbers: they are the missing ones from `first` to `last`. */
  noteDamaged(ids: Iterable<number>, first: number, last: number): void {
    for (const missing of missingFrom(rangesOf(ids), { first: Math.max(1, first), last }))
      this.#losses.addRange(missing, 'damaged')
    this.#isDirty = true
  }
}

/** The note knows what a new file lacks, and how much waited in the previous one. */
function sumTotals(state: QueueState, note: QueueNote | null, isBegunAnew: boolean): QueueTotals {
  const { totals } = state
  const noted = note?.totals ?? NO_TOTALS
  const lost = isBegunAnew ? Math.max(0, (note?.length ?? 0) - state.length) : 0
  return {
    dropped: Math.max(totals.dropped, noted.dropped),
    aged: Math.max(totals.aged, noted.aged),
    refused: Math.max(totals.refused, noted.refused),
    damaged: Math.max(totals.damaged, noted.damaged + lost),
  }
}
