import type { Database } from 'bun:sqlite'
import { isLossReason, type Loss } from '../../domain/audit/loss.ts'
import type { QueueTotals } from './queue-rows.ts'
import type { SampledRange } from './sampled-ranges.ts'

export type QueueNumbers = {
  readonly generation: string
  /** The highest id that was ever given. */
  readonly newest: number
  readonly isClean: boolean
}

/**
 * The content of the queue's file beside the items: totals, numbers, losses and the times that have samples.
 */
export class QueueStateTables {
  readonly #database: Database
  /** The known content of the file; null when it is not known. */
  #written: { totals: string | null; spans: readonly SampledRange[] | null } = { totals: null, spans: null }

  constructor(database: Database) {
    this.#database = database
  }

  /** A transaction was rolled back: what the file holds is not known. */
  forgetWritten(): void {
    this.#written = { totals: null, spans: null }
  }

  readLosses(): Loss[] {
    return this.#database
      .query<Loss, []>(
        'SELECT first, last, reason, from_time AS "from", to_time AS "to", count FROM loss ORDER BY rowid',
      )
      .all()
      .filter(({ reason }) => isLossReason(reason))
  }

  /**
   * The number of an item says itself that it was given, so that where nothing else is another one, nothing is written
   * for it: `newestItem` is the highest number among the items after this transaction; 0 when that is not known.
   */
  writeTotals(totals: QueueTotals, numbers: QueueNumbers, newestItem: number): void {
    const { dropped, aged, refused, damaged } = totals
    const { generation, newest, isClean } = numbers
    const text = JSON.stringify([
      dropped,
      aged,
      refused,
      damaged,
      generation,
      newest === newestItem ? null : newest,
      isClean,
    ])
    if (this.#written.totals === text) return
    this.#database
      .query(
        `UPDATE totals SET dropped = ?, aged = ?, refused = ?, damaged = ?, generation = ?, newest = ?, is_clean = ?`,
      )
      .run(dropped, aged, refused, damaged, generation, newest, isClean ? 1 : 0)
    this.#written.totals = text
  }

  writeLosses(losses: readonly Loss[]): void {
    this.#database.run('DELETE FROM loss')
    const insert = this.#database.query(
      'INSERT INTO loss (first, last, reason, from_time, to_time, count) VALUES (?, ?, ?, ?, ?, ?)',
    )
    for (const { first, last, reason, from, to, count } of losses)
      insert.run(first, last, reason, from, to, count)
  }

  /** Nearly always nothing but the end of the newest span is another. */
  writeRanges(spans: readonly SampledRange[]): void {
    const written = this.#written.spans
    const last = spans.at(-1)
    const isGrown =
      written !== null &&
      last !== undefined &&
      written.length === spans.length &&
      spans.every(
        ({ first, last: end }, i) =>
          first === written[i]?.first && (end === written[i]?.last || i === spans.length - 1),
      )
    if (isGrown)
      this.#database
        .query('UPDATE span SET last = ? WHERE first = ? AND last = ?')
        .run(last.last, last.first, written.at(-1)?.last ?? 0)
    else {
      this.#database.run('DELETE FROM span')
      const insert = this.#database.query('INSERT INTO span (first, last) VALUES (?, ?)')
      for (const span of spans) insert.run(span.first, span.last)
    }
    this.#written.spans = spans
  }
}
