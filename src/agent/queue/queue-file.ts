import { Database, type Statement } from 'bun:sqlite'
import { closeSync, openSync } from 'node:fs'
import type { MetricSet } from './metric-set-registry.ts'
import type { TimeRange } from './sampled-ranges.ts'

export const ITEM_KINDS = ['frame', 'event'] as const
export type ItemKind = (typeof ITEM_KINDS)[number]

/** What waits to be sent. Ids grow in the order of sending. */
export type Item = {
  readonly id: number
  readonly kind: ItemKind
  /** Seconds since 1970. */
  readonly time: number
  /** Of a frame: whose names its columns have. */
  readonly metricSet: number | null
  /** JSON as it goes on the wire: of a frame the row `[time, value, …]`, of an event its report. */
  readonly body: string
}

/** Ids from `first` to `last`. */
export type Run = { readonly first: number; readonly last: number }

export type QueueTotals = {
  /** For want of room or for their age. */
  readonly dropped: number
  readonly refused: number
  /** Lost because the file was damaged. */
  readonly damaged: number
}

export type QueueState = {
  readonly length: number
  readonly bytes: number
  /** 0 when it is empty. */
  readonly lastId: number
  readonly totals: QueueTotals
  readonly spans: readonly TimeRange[]
  /** The newest one; null when there is none. */
  readonly lastMetricSet: MetricSet | null
  /** As it was written last; null when none ever was. */
  readonly thresholds: string | null
}

export type QueueChange = {
  readonly metricSets: readonly MetricSet[]
  readonly items: readonly Item[]
  readonly removed: readonly Run[]
  readonly totals: QueueTotals
  /** Null leaves them as they are. */
  readonly spans: readonly TimeRange[] | null
  /** Null leaves it as it is. */
  readonly thresholds: string | null
}

/** `crc` is null in rows of an agent that wrote none. */
export type ItemRow = {
  id: number
  kind: number
  time: number
  metricSet: number | null
  body: string
  crc: number | null
}

/** "monQ": tells the queue from any other SQLite database, which must never be moved aside. */
const APPLICATION_ID = 0x6d_6f_6e_51
const SCHEMA_VERSION = 3

/** Freed pages above this many are given back to the filesystem once the queue is empty. */
const SPARE_PAGES = 256

const ADD_THRESHOLDS =
  'CREATE TABLE threshold_state (id INTEGER PRIMARY KEY CHECK (id = 0), json TEXT NOT NULL);'

const ADD_CHECKSUMS = `
  ALTER TABLE layout ADD COLUMN crc INTEGER;
  ALTER TABLE item ADD COLUMN crc INTEGER;
  ALTER TABLE totals ADD COLUMN damaged INTEGER NOT NULL DEFAULT 0;`

const SCHEMA = `
  CREATE TABLE layout (id INTEGER PRIMARY KEY, metrics TEXT NOT NULL);
  CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    time INTEGER NOT NULL,
    layout INTEGER,
    size INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 0), dropped INTEGER NOT NULL, refused INTEGER NOT NULL);
  CREATE TABLE span (first INTEGER NOT NULL, last INTEGER NOT NULL);
  ${ADD_THRESHOLDS}
  INSERT INTO totals VALUES (0, 0, 0);
  ${ADD_CHECKSUMS}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`

/** What an item counts for in the bound on bytes: its text and about what SQLite adds to a row. */
export const sizeOf = (item: Item) => item.body.length + 40

const checksumOf = ({ id, kind, time, metricSet, body }: Omit<ItemRow, 'crc'>) =>
  Bun.hash.crc32(`${id} ${kind} ${time} ${metricSet} ${body}`)

const checksumOfNames = (id: number, metrics: string) => Bun.hash.crc32(`${id} ${metrics}`)

/** Null when the row is not what was written: its checksum or its JSON is wrong. */
export function readItem({ crc, ...row }: ItemRow): Item | null {
  const kind = ITEM_KINDS[row.kind]
  if (kind === undefined) return null
  if (crc === null ? !isJson(row.body) : crc !== checksumOf(row)) return null
  return { ...row, kind }
}

/** Null when the row is not what was written. */
export function readNames({ id, metrics, crc }: { id: number; metrics: string; crc: number | null }) {
  if (crc !== null && crc !== checksumOfNames(id, metrics)) return null
  return isJson(metrics) ? (JSON.parse(metrics) as readonly string[]) : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The file is a queue of ours, but there is no working with it. */
export class UnusableQueueError extends Error {}

/**
 * The queue's SQLite file. Locked for as long as it is open: two agents on one queue would send everything
 * twice. Every method throws SQLiteError when the disk does not do its part, and nothing has changed then.
 */
export class QueueFile {
  readonly #database: Database
  readonly #ascending: Statement<ItemRow, [number, number]>
  readonly #descending: Statement<ItemRow, [number, number]>
  readonly #applyAtOnce: (change: QueueChange) => { count: number; bytes: number }
  #isDurable = false
  readonly #damaged = new Set<number>()
  /** What the file is known to hold; null when it is not known. */
  #written: { totals: QueueTotals | null; spans: readonly TimeRange[] | null } = { totals: null, spans: null }

  private constructor(database: Database) {
    this.#database = database
    const read = (order: 'ASC' | 'DESC') =>
      `SELECT id, kind, time, layout AS metricSet, body, crc FROM item WHERE id BETWEEN ? AND ? ORDER BY id ${order}`
    this.#ascending = database.prepare(read('ASC'))
    this.#descending = database.prepare(read('DESC'))
    this.#applyAtOnce = database.transaction((change: QueueChange) => this.#apply(change))
  }

  /**
   * Opens or creates it. Throws an Error when the file is a database of something else, or unusable (an
   * UnusableQueueError, or SQLite's word for damage).
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
      .query<{ length: number; bytes: number; lastId: number }, []>(
        'SELECT count(*) AS length, coalesce(sum(size), 0) AS bytes, coalesce(max(id), 0) AS lastId FROM item',
      )
      .get()
    const totals = db.query<QueueTotals, []>('SELECT dropped, refused, damaged FROM totals').get()
    const lastId = db.query<{ id: number | null }, []>('SELECT max(id) AS id FROM layout').get()?.id ?? null
    const lastMetrics = lastId === null ? null : this.readMetricSet(lastId)
    return {
      ...(items ?? { length: 0, bytes: 0, lastId: 0 }),
      totals: totals ?? { dropped: 0, refused: 0, damaged: 0 },
      spans: db.query<TimeRange, []>('SELECT first, last FROM span ORDER BY rowid').all(),
      thresholds:
        db.query<{ json: string }, []>('SELECT json FROM threshold_state WHERE id = 0').get()?.json ?? null,
      lastMetricSet: lastId === null || lastMetrics === null ? null : { id: lastId, metrics: lastMetrics },
    }
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
      this.#written = { totals: null, spans: null }
      throw error
    }
  }

  #apply({ metricSets, items, removed, totals, spans, thresholds }: QueueChange): {
    count: number
    bytes: number
  } {
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
    const insert = db.query(
      'INSERT OR REPLACE INTO item (id, kind, time, layout, size, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    for (const item of items) {
      const { id, time, metricSet, body } = item
      const kind = ITEM_KINDS.indexOf(item.kind)
      insert.run(
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
    const remove = db.query<{ size: number }, [number, number]>(
      'DELETE FROM item WHERE id BETWEEN ? AND ? RETURNING size',
    )
    for (const run of removed)
      for (const { size } of remove.all(run.first, run.last)) {
        count++
        bytes += size
      }
    this.#writeTotals(totals)
    if (spans !== null) this.#writeRanges(spans)
    if (thresholds !== null)
      db.query('INSERT OR REPLACE INTO threshold_state (id, json) VALUES (0, ?)').run(thresholds)
    return { count, bytes }
  }

  #writeTotals(totals: QueueTotals) {
    const written = this.#written.totals
    const { dropped, refused, damaged } = totals
    if (written?.dropped === dropped && written.refused === refused && written.damaged === damaged) return
    this.#database
      .query('UPDATE totals SET dropped = ?, refused = ?, damaged = ?')
      .run(dropped, refused, damaged)
    this.#written.totals = totals
  }

  /** Nearly always nothing but the end of the newest span is another. */
  #writeRanges(spans: readonly TimeRange[]) {
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
   * The ids that have to go to be rid of so many bytes, and of what is older than `oldest` (null: of any
   * age). Oldest first; for want of room frames before events, which are few and mean more.
   */
  chooseDrops(excessBytes: number, oldest: number | null): number[] {
    const dropped: number[] = []
    let excess = excessBytes
    const list = this.#database.query<{ id: number; time: number; size: number }, [number]>(
      'SELECT id, time, size FROM item WHERE kind = ? ORDER BY id',
    )
    for (const kind of ITEM_KINDS.keys())
      for (const { id, time, size } of list.iterate(kind)) {
        const isTooOld = oldest !== null && time < oldest
        if (excess <= 0 && !isTooOld) break
        excess -= size
        dropped.push(id)
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
    this.#ascending.finalize()
    this.#descending.finalize()
    this.#database.close()
  }
}

function prepareSchema(database: Database, path: string): void {
  const pragma = (name: string) =>
    Object.values(database.query<Record<string, number | string>, []>(`PRAGMA ${name}`).get() ?? {})[0]
  const tables = database.query('SELECT 1 FROM sqlite_schema LIMIT 1').get()
  if (tables === null) {
    database.transaction(() => database.run(SCHEMA))()
    return
  }
  if (pragma('application_id') !== APPLICATION_ID)
    throw new Error(`${path} is a database of something else: name another file for the agent's queue`)
  const version = pragma('user_version')
  if (version === 1 || version === 2) {
    const steps = `${version === 1 ? ADD_THRESHOLDS : ''} ${ADD_CHECKSUMS}`
    database.transaction(() => database.run(`${steps} PRAGMA user_version = ${SCHEMA_VERSION}`))()
  }
  if (pragma('user_version') !== SCHEMA_VERSION)
    throw new UnusableQueueError(`${path} was written by another version of the agent`)
  if (pragma('quick_check(1)') !== 'ok') throw new UnusableQueueError(`${path} is damaged`)
}
