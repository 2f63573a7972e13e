import { Database } from 'bun:sqlite'
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import type { Loss } from '../../domain/audit/loss.ts'
import type { QueuedMetricSet } from './metric-set-registry.ts'
import { type Item, type ItemRow, type QueueTotals, readItem, readNames } from './queue-rows.ts'
import type { SampledRange } from './sampled-ranges.ts'

/** The readable content of a damaged queue. */
export type Salvage = {
  readonly metricSets: readonly QueuedMetricSet[]
  /** Null when it can't be read. */
  readonly totals: (QueueTotals & { readonly generation: string | null; readonly newest: number }) | null
  readonly losses: readonly Loss[]
  readonly spans: readonly SampledRange[]
  readonly thresholds: string | null
  /** Its items, ascending. `lost` is complete when the last one was taken. */
  readonly items: Iterable<Item>
  /** Items that existed and can't be read, as far as that can be found out. */
  readonly lost: () => number
  close(): void
}

const HEADER_BYTES = 100
/** A header with a larger number is damaged itself. */
const LONGEST_FILE = 16 * 2 ** 30

/** Longest step over ids that can't be read. */
const LONGEST_STEP = 2 ** 40

/**
 * Opens a queue that SQLite calls damaged, to take out of it what can be read, row by row: an error ends
 * neither the reading before nor behind it. Null when not even its tables can be found.
 */
export function openSalvage(path: string): Salvage | null {
  let database: Database | null = null
  try {
    restoreLength(path)
    database = new Database(path, { readwrite: true, strict: true })
    return readSalvage(database)
  } catch {
    database?.close()
    return null
  }
}

/**
 * SQLite reads nothing of a file that is shorter than its header says. With zeros in place of the missing
 * part, it reports these pages as damaged one by one.
 */
function restoreLength(path: string): void {
  const handle = openSync(path, 'r+')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    if (readSync(handle, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return
    const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
    const bytes = pageBytes * header.readUInt32BE(28)
    if (fstatSync(handle).size < bytes && bytes <= LONGEST_FILE) ftruncateSync(handle, bytes)
  } finally {
    closeSync(handle)
  }
}

function readSalvage(database: Database): Salvage {
  const row = database.prepare<ItemRow, [number]>(
    `SELECT id, kind, time, layout AS metricSet, body, crc FROM item WHERE id >= ? ORDER BY id LIMIT 1`,
  )
  const names = database.prepare<{ id: number; metrics: string; crc: number | null }, [number]>(
    'SELECT id, metrics, crc FROM layout WHERE id >= ? ORDER BY id LIMIT 1',
  )
  const known = new Set<number>()
  const metricSets = [...walk((id) => names.get(id))].flatMap((found) => {
    const metrics = 'unreadable' in found ? null : readNames(found)
    if (metrics === null || 'unreadable' in found) return []
    known.add(found.id)
    return [{ id: found.id, metrics }]
  })
  let lost = 0
  function* readItems(): Generator<Item> {
    for (const found of walk((id) => row.get(id))) {
      const item = 'unreadable' in found ? null : readItem(found)
      if ('unreadable' in found) lost += found.unreadable
      else if (item === null || (item.metricSet !== null && !known.has(item.metricSet))) lost++
      else yield item
    }
  }
  const single = <T>(sql: string): T | null => attempt(() => database.query<T, []>(sql).get())
  return {
    metricSets,
    totals: single('SELECT dropped, aged, refused, damaged, generation, newest FROM totals'),
    losses:
      attempt(() =>
        database
          .query<Loss, []>(
            'SELECT first, last, reason, from_time AS "from", to_time AS "to", count FROM loss',
          )
          .all(),
      ) ?? [],
    spans:
      attempt(() => database.query<SampledRange, []>('SELECT first, last FROM span ORDER BY rowid').all()) ??
      [],
    thresholds: single<{ json: string }>('SELECT json FROM threshold_state WHERE id = 0')?.json ?? null,
    items: readItems(),
    lost: () => lost,
    close() {
      row.finalize()
      names.finalize()
      database.close()
    },
  }
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/**
 * Every row that `next` can read, ascending, and how many ids can't be read between them. `next` gives the
 * first row with at least that id, null when there is none, and throws where the file is damaged: then steps
 * of growing length find where it goes on, and halving them the first row there.
 */
function* walk<T extends { id: number }>(
  next: (id: number) => T | null,
): Generator<T | { unreadable: number }> {
  const look = (id: number): T | null | 'damaged' => {
    try {
      return next(id)
    } catch {
      return 'damaged'
    }
  }
  let id = 0
  for (;;) {
    const found = look(id)
    if (found === null) return
    if (found !== 'damaged') {
      yield found
      id = found.id + 1
      continue
    }
    let bad = id
    let good = Number.NaN
    for (let step = 1; step <= LONGEST_STEP; step *= 2) {
      if (look(id + step) === 'damaged') bad = id + step
      else {
        good = id + step
        break
      }
    }
    // Nothing behind it can be read: how much there was is not known, but it was something.
    if (Number.isNaN(good)) {
      yield { unreadable: 1 }
      return
    }
    while (good - bad > 1) {
      const middle = Math.floor((good + bad) / 2)
      if (look(middle) === 'damaged') bad = middle
      else good = middle
    }
    yield { unreadable: good - id }
    id = good
  }
}
