import { Database, type Statement } from 'bun:sqlite'
import { closeSync, openSync } from 'node:fs'
import type { Loss } from '../../domain/audit/loss.ts'
import type { NumberRange } from '../../domain/audit/number-ranges.ts'
import type { QueuedMetricSet } from './metric-set-registry.ts'
import {
  checksumOf,
  checksumOfNames,
  ITEM_KINDS,
  type Item,
  type ItemRow,
  NO_TOTALS,
  type QueueState,
  type QueueTotals,
  readItem,
  readNames,
  sizeOf,
} from './queue-rows.ts'
import { prepareSchema } from './queue-schema.ts'
import { type QueueNumbers, QueueStateTables } from './queue-state-tables.ts'
import type { SampledRange } from './sampled-ranges.ts'

export type QueueChange = {
  readonly metricSets: readonly QueuedMetricSet[]
  readonly items: readonly Item[]
  readonly removed: readonly NumberRange[]
  readonly totals: QueueTotals
  readonly numbers: QueueNumbers
  /** Null leaves them as they are. */
  readonly losses: readonly Loss[] | null
  /** Null leaves them as they are. */
  readonly spans: readonly SampledRange[] | null
  /** Null leaves it as it is. */
  readonly thresholds: string | null
}

/** Items to delete, and the reason. */
export type Drop = { readonly id: number; readonly time: number; readonly reason: 'age' | 'size' }

/** Freed pages above this many are given back to the filesystem once the queue is empty. */
const SPARE_PAGES = 256

/**
 * The queue's SQLite file. Locked for as long as it is open: two agents on one queue would send everything
 * twice. Every method throws SQLiteError when the disk does not do its part, and nothing has changed then.
 */
export class QueueFile {
  readonly #database: Database
  readonly #state: QueueStateTables
  readonly #ascending: Statement<ItemRow, [number, number]>
  readonly #descending: Statement<ItemRow, [number, number]>
  readonly #insert: Statement<unknown, (number | string | null)[]>
  readonly #remove: Statement<{ size: number }, [number, number]>
  readonly #applyAtOnce: (change: QueueChange) => { count: number; bytes: number }
  #isDurable = false
  readonly #damaged = new Set<number>()

  private constructor(database: Database) {
    this.#database = database
    this.#state = new QueueStateTables(database)
    const read = (order: 'ASC' | 'DESC') =>
      `SELECT id, kind, time, layout AS metricSet, body, crc FROM item WHERE id BETWEEN ? AND ? ORDER BY id ${order}`
    this.#ascending = database.prepare(read('ASC'))
    this.#descending = database.prepare(read('DESC'))
    this.#insert = database.prepare(
      'INSERT OR REPLACE INTO item (id, kind, time, layout, size, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#remove = database.prepare('DELETE FROM item WHERE id BETWEEN ? AND ? RETURNING size')
    this.#applyAtOnce = database.transaction((change: QueueChange) => this.#apply(change))
  }

  /**
   * Opens or creates it. Throws an Error when the file is another kind of database, or unusable (an
   * UnusableQueueError, or SQLite's error for damage).
   */
  static open(path: string): QueueFile {
    // Before SQLite makes it, readable for all; its log takes the rights over.
    closeSync(openSync(path, 'a', 0o600))
    const database = new Database(path, { create: true, readwrite: true, strict: true })
    try {
      database.run('PRAGMA busy_timeout = 1000')
      database.run('PRAGMA locking_mode = EXCLUSIVE')
      database.run('PRAGMA cache_size = -256')
      database.run('PRAGMA auto_vacuum = INCREMENTAL')
      database.run('PRAGMA journal_mode = WAL')
      database.run('PRAGMA wal_autocheckpoint = 256')
      database.run('PRAGMA journal_size_limit = 1048576')
      database.run('PRAGMA synchronous = NORMAL')
      prepareSchema(database, path)
      return new QueueFile(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  readState(): QueueState {
    const db = this.#database
    const items = db
      .query<{ length: number; bytes: number; firstId: number | null; lastId: number }, []>(
        `SELECT count(*) AS length, coalesce(sum(size), 0) AS bytes, min(id) AS firstId,
          coalesce(max(id), 0) AS lastId FROM item`,
      )
      .get()
    const totals = db
      .query<QueueTotals & { generation: string | null; newest: number; isClean: number }, []>(
        'SELECT dropped, aged, refused, damaged, generation, newest, is_clean AS isClean FROM totals',
      )
      .get()
    const lastId = db.query<{ id: number | null }, []>('SELECT max(id) AS id FROM layout').get()?.id ?? null
    const lastMetrics = lastId === null ? null : this.readMetricSet(lastId)
    const { generation = null, newest = 0, isClean = 0, ...counts } = totals ?? NO_TOTALS_ROW
    return {
      length: items?.length ?? 0,
      bytes: items?.bytes ?? 0,
      firstId: items?.firstId ?? null,
      newest: Math.max(newest, items?.lastId ?? 0),
      generation,
      isClean: isClean === 1,
      totals: counts,
      losses: this.#state.readLosses(),
      spans: db.query<SampledRange, []>('SELECT first, last FROM span ORDER BY rowid').all(),
      thresholds:
        db.query<{ json: string }, []>('SELECT json FROM threshold_state WHERE id = 0').get()?.json ?? null,
      lastMetricSet: lastId === null || lastMetrics === null ? null : { id: lastId, metrics: lastMetrics },
    }
  }

  /** The ids in it from `first` to `last`, ascending. */
  *listIds(first: number, last: number): Generator<number> {
    const rows = this.#database
      .query<{ id: number }, [number, number]>('SELECT id FROM item WHERE id BETWEEN ? AND ? ORDER BY id')
      .iterate(first, last)
    for (const { id } of rows) yield id
  }

  readMetricSet(id: number): readonly string[] | null {
    const row = this.#database
      .query<{ id: number; metrics: string; crc: number | null }, [number]>(
        'SELECT id, metrics, crc FROM layout WHERE id = ?',
      )
      .get(id)
    return row === null ? null : readNames(row)
  }

  /**
   * All of it in one transaction; gives what was removed. It survives a crash of this process at once; one of
   * the machine when `durable` is true, and then all that was written before does too.
   */
  write(change: QueueChange, durable: boolean): { count: number; bytes: number } {
    if (durable !== this.#isDurable) {
      this.#database.run(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
      this.#isDurable = durable
    }
    try {
      return this.#applyAtOnce(change)
    } catch (error) {
      this.#state.forgetWritten()
      throw error
    }
  }

  #apply(change: QueueChange): { count: number; bytes: number } {
    const { metricSets, items, removed, totals, numbers, losses, spans, thresholds } = change
    const db = this.#database
    for (const { id, metrics } of metricSets) {
      const json = JSON.stringify(metrics)
      db.query('INSERT OR REPLACE INTO layout (id, metrics, crc) VALUES (?, ?, ?)').run(
        id,
        json,
        checksumOfNames(id, json),
      )
    }
    if (metricSets.length > 0) db.run('DELETE FROM layout WHERE id < (SELECT min(layout) FROM item)')
    for (const item of items) {
      const { id, time, metricSet, body } = item
      const kind = ITEM_KINDS.indexOf(item.kind)
      this.#insert.run(
        id,
        kind,
        time,
        metricSet,
        sizeOf(item),
        body,
        checksumOf({ id, kind, time, metricSet, body }),
      )
    }
    let count = 0
    let bytes = 0
    for (const run of removed)
      for (const { size } of this.#remove.all(run.first, run.last)) {
        count++
        bytes += size
      }
    this.#state.writeTotals(totals, numbers, items.at(-1)?.id ?? 0)
    if (losses !== null) this.#state.writeLosses(losses)
    if (spans !== null) this.#state.writeRanges(spans)
    if (thresholds !== null)
      db.query('INSERT OR REPLACE INTO threshold_state (id, json) VALUES (0, ?)').run(thresholds)
    return { count, bytes }
  }

  /** Rows whose checksum is wrong are passed over; see `takeDamaged`. */
  *ascending(first: number, last: number): Generator<Item> {
    yield* this.#readItems(this.#ascending.iterate(first, last))
  }

  *descending(first: number, last: number): Generator<Item> {
    yield* this.#readItems(this.#descending.iterate(first, last))
  }

  *#readItems(rows: Iterable<ItemRow>): Generator<Item> {
    for (const row of rows) {
      const item = readItem(row)
      if (item === null) this.#damaged.add(row.id)
      else yield item
    }
  }

  /** The ids of rows that were found damaged since the last call. */
  takeDamaged(): number[] {
    const ids = [...this.#damaged]
    this.#damaged.clear()
    return ids
  }

  /**
   * The items to delete in order to free this many bytes, and those older than `oldest` (null: of any age).
   * Oldest first; for space, frames before events, which are few and more important.
   */
  chooseDrops(excessBytes: number, oldest: number | null): Drop[] {
    const dropped: Drop[] = []
    let excess = excessBytes
    const list = this.#database.query<{ id: number; time: number; size: number }, [number]>(
      'SELECT id, time, size FROM item WHERE kind = ? ORDER BY id',
    )
    for (const kind of ITEM_KINDS.keys())
      for (const { id, time, size } of list.iterate(kind)) {
        const isTooOld = oldest !== null && time < oldest
        if (excess <= 0 && !isTooOld) break
        excess -= size
        dropped.push({ id, time, reason: isTooOld ? 'age' : 'size' })
      }
    return dropped
  }

  /** Gives pages back that a long backlog has left behind. Call it when the queue is empty. */
  shrink(): void {
    const free = this.#database.query<{ freelist_count: number }, []>('PRAGMA freelist_count').get()
    if (free !== null && free.freelist_count > SPARE_PAGES)
      this.#database.query('PRAGMA incremental_vacuum').all()
  }

  /** Gives the lock back too, which a statement left open would keep. */
  close(): void {
    for (const statement of [this.#ascending, this.#descending, this.#insert, this.#remove])
      statement.finalize()
    this.#database.close()
  }
}

const NO_TOTALS_ROW = { ...NO_TOTALS, generation: null, newest: 0, isClean: 0 }
