import type { LossReason } from '../../domain/audit/loss.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Drop } from './queue-file.ts'
import type { QueueNumbering } from './queue-numbering.ts'
import { NO_TOTALS, type QueueTotals } from './queue-rows.ts'

/** A queue that stays full is logged this often. */
const TELL_DROPS_EVERY_MS = 3_600_000

type Lost = { readonly id: number; readonly time: number }

/** Counts what goes without having been taken by a server, and notes it by number. */
export class QueueLosses {
  totals: QueueTotals = NO_TOTALS
  readonly #numbering: QueueNumbering
  readonly #clock: Clock
  readonly #log: Log
  #loggedAtMs = Number.NEGATIVE_INFINITY

  constructor(numbering: QueueNumbering, clock: Clock, log: Log) {
    this.#numbering = numbering
    this.#clock = clock
    this.#log = log
  }

  /** Adds what was counted elsewhere. */
  add({ dropped, aged, refused, damaged }: QueueTotals): void {
    const { totals } = this
    this.totals = {
      dropped: totals.dropped + dropped,
      aged: totals.aged + aged,
      refused: totals.refused + refused,
      damaged: totals.damaged + damaged,
    }
  }

  /**
   * The totals with these. A write that fails is tried again with other drops: what was named then and is kept
   * after all is sent, and counts as sent.
   */
  countDrops(drops: readonly Drop[]): QueueTotals {
    if (drops.length === 0) return this.totals
    const ascending = drops.toSorted((a, b) => a.id - b.id)
    const aged = ascending.filter(({ reason }) => reason === 'age')
    this.#note(aged, 'age')
    this.#note(
      ascending.filter(({ reason }) => reason === 'size'),
      'size',
    )
    const { dropped, aged: before } = this.totals
    return { ...this.totals, dropped: dropped + drops.length, aged: before + aged.length }
  }

  /** Dropped from memory, for want of room. */
  addPending(items: readonly Lost[]): void {
    this.#note(items, 'size')
    this.add({ ...NO_TOTALS, dropped: items.length })
  }

  addRefused(items: readonly Lost[]): void {
    this.#note(items, 'refused')
    this.add({ ...NO_TOTALS, refused: items.length })
  }

  /** Rows that are not what was written. */
  addDamaged(ids: readonly number[]): void {
    const ascending = ids.toSorted((a, b) => a - b)
    this.#note(
      ascending.map((id) => ({ id, time: 0 })),
      'damaged',
    )
    this.add({ ...NO_TOTALS, damaged: ids.length })
  }

  logDrops(count: number, length: number): void {
    const nowMs = this.#clock.monotonicMs()
    if (count === 0 || nowMs - this.#loggedAtMs < TELL_DROPS_EVERY_MS) return
    this.#loggedAtMs = nowMs
    this.#log.warn('the oldest items of the queue are dropped: it is full, or they are too old', {
      count,
      length,
    })
  }

  #note(items: readonly Lost[], reason: LossReason) {
    if (items.length === 0) return
    this.#numbering.losses.addItems(items, reason)
    this.#numbering.noteLossesChanged()
  }
}
