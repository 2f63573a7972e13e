import { findBlock, listOfSegment, packSegment, packTimes, unpackSegment, unpackTimes } from './blocks.ts'
import type { Database, Reader, Transaction } from './database.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { placeValues } from './dialect.ts'
import { readLayout, unpackFrame } from './frame.ts'
import { type FrameRow, readFrames } from './frames.ts'
import type { LayoutReader } from './layouts.ts'
import { createSeriesBuilder, type SeriesBuilder, uniteSeries } from './series-builder.ts'

/** Samples folded in one transaction: so many keep the right to write well under 20 ms. */
const MAX_PIECE_SAMPLES = 40_000
const MAX_PIECE_FRAMES = 3000
/** Frames deleted in one statement. */
const DELETE_ROWS = 100

type Piece = {
  readonly host: number
  readonly day: number
  /** How often frames of the host were merged before the piece was read. */
  readonly merges: number
  readonly frames: readonly FrameRow[]
}

/** What a piece makes of its block; nothing is written yet. */
type Folding = {
  readonly firstTime: number
  readonly lastTime: number
  readonly samples: number
  /** Of the block that was there; null when there was none. */
  readonly revision: number | null
  readonly times: Uint8Array
  /** Only those that change, by metric. */
  readonly segments: ReadonlyMap<number, Uint8Array>
}

/**
 * Folds what is older than `before`, at most `limit` host-days; how many it were.
 *
 * A piece is read and encoded without holding any lock. The short transaction that writes it then goes through only if nobody changed
 * the block or merged into frames of the host meanwhile, and deletes exactly the frames that were read, so a late frame is never
 * lost and a crash leaves either the frames or the block.
 */
export async function foldFrames(
  database: Database,
  layouts: LayoutReader,
  before: number,
  limit: number,
): Promise<number> {
  let folded = 0
  while (folded < limit) {
    const found = await findHostDays(database, before, limit - folded)
    if (found.length === 0) break
    for (const { host, day } of found) {
      await foldHostDay(database, layouts, host, day, before)
      folded++
      await yieldThread()
    }
  }
  return folded
}

/** Hosts of the oldest frames, in the order of the table, all of one day. */
async function findHostDays(reader: Reader, before: number, limit: number) {
  const rows = await reader.query<{ time: number; host: number }>(
    'SELECT time, host FROM frame WHERE time < ? ORDER BY time, host LIMIT ?',
    [before, limit],
  )
  const day = dayOf(rows[0]?.time ?? 0)
  const hosts = new Set(rows.filter(({ time }) => dayOf(time) === day).map(({ host }) => host))
  return [...hosts].sort((a, b) => a - b).map((host) => ({ host, day }))
}

async function foldHostDay(
  database: Database,
  layouts: LayoutReader,
  host: number,
  day: number,
  before: number,
) {
  const last = Math.min(before - 1, (day + 1) * DAY_SECONDS - 1)
  let from = day * DAY_SECONDS
  for (;;) {
    const piece = await readPiece(database, layouts, host, day, from, last)
    if (piece === 'gone') return dropOrphans(database, host, from, last)
    const end = piece.frames.at(-1)?.time
    if (end === undefined) return
    const folding = await computeFolding(database, layouts, piece)
    const done = await database.transaction((transaction) => writeFolding(transaction, piece, folding))
    if (done) from = end + 1
    await yieldThread()
  }
}

async function readPiece(
  reader: Reader,
  layouts: LayoutReader,
  host: number,
  day: number,
  from: number,
  to: number,
): Promise<Piece | 'gone'> {
  // Before the frames: a merge after this is noticed.
  const [row] = await reader.query<{ merges: number }>('SELECT merges FROM host WHERE id = ?', [host])
  if (!row) return 'gone'
  const read = await readFrames(reader, host, from, to, MAX_PIECE_FRAMES)
  let samples = 0
  const over = read.findIndex((frame) => {
    samples += frame.samples
    return samples > MAX_PIECE_SAMPLES
  })
  const frames = over > 0 ? read.slice(0, over) : read
  await layouts.load(reader, new Set(frames.map(({ packed }) => readLayout(packed))))
  return { host, day, merges: row.merges, frames }
}

async function computeFolding(reader: Reader, layouts: LayoutReader, piece: Piece): Promise<Folding> {
  const { host, day, frames } = piece
  const block = await findBlock(reader, host, day)
  const added = gatherSeries(frames, day, layouts)
  const held = block ? await readSegments(reader, host, day) : new Map<number, Uint8Array>()
  const oldLists = block ? unpackTimes(block.times) : []
  const lists = createLists(oldLists, listsOf(held, added))
  const segments = new Map<number, Uint8Array>()
  let samples = block?.samples ?? 0
  for (const [metric, builder] of added) {
    const series = builder.take()
    const packed = held.get(metric)
    const before = packed ? readHeld(packed, oldLists) : null
    const united = before ? uniteSeries(before, series) : series
    samples += united.times.length - (before?.times.length ?? 0)
    segments.set(metric, packSegment(lists.place(united.times), united.values))
  }
  const first = frames[0]?.time ?? 0
  const last = frames.at(-1)?.time ?? 0
  return {
    firstTime: Math.min(first, block?.first_time ?? first),
    lastTime: Math.max(last, block?.last_time ?? last),
    samples,
    revision: block?.revision ?? null,
    times: packTimes(lists.all()),
    segments,
  }
}

/** The frames' values by metric, with times as seconds since midnight. */
function gatherSeries(frames: readonly FrameRow[], day: number, layouts: LayoutReader) {
  const gathered = new Map<number, SeriesBuilder>()
  const count = (layout: number) => layouts.metrics(layout).length
  for (const { time, packed } of frames) {
    const { layout, values } = unpackFrame(packed, count)
    const metrics = layouts.metrics(layout)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]
      const metric = metrics[i]
      if (value === null || value === undefined || metric === undefined) continue
      let builder = gathered.get(metric)
      if (!builder) {
        builder = createSeriesBuilder(frames.length)
        gathered.set(metric, builder)
      }
      builder.add(time - day * DAY_SECONDS, value)
    }
  }
  return gathered
}

async function readSegments(reader: Reader, host: number, day: number): Promise<Map<number, Uint8Array>> {
  const rows = await reader.query<{ metric: number; packed: Uint8Array }>(
    'SELECT metric, packed FROM segment WHERE day = ? AND host = ?',
    [day, host],
  )
  return new Map(rows.map(({ metric, packed }) => [metric, packed]))
}

function readHeld(packed: Uint8Array, lists: readonly Float64Array[]) {
  const times = lists[listOfSegment(packed)]
  if (!times) throw new Error('a segment names a list of times that its block has not')
  return { times, values: unpackSegment(packed, times) }
}

/** Numbers of the lists that segments keep using which are not written anew. */
function listsOf(held: ReadonlyMap<number, Uint8Array>, added: ReadonlyMap<number, unknown>): Set<number> {
  const used = new Set<number>()
  for (const [metric, packed] of held) if (!added.has(metric)) used.add(listOfSegment(packed))
  return used
}

/** Lists of times for a block: a list keeps its number while a segment uses it, a new one takes the first free number. */
function createLists(old: readonly Float64Array[], used: ReadonlySet<number>) {
  const lists = old.map((list, number) => (used.has(number) ? list : null))
  return {
    place(times: Float64Array): number {
      const same = lists.findIndex((list) => list !== null && sameTimes(list, times))
      if (same >= 0) return same
      const free = lists.indexOf(null)
      const number = free >= 0 ? free : lists.length
      lists[number] = times
      return number
    },
    all: () => lists.map((list) => list ?? new Float64Array()),
  }
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** False when somebody was quicker: then the piece is to be read anew. */
async function writeFolding(transaction: Transaction, piece: Piece, folding: Folding): Promise<boolean> {
  const { host, day } = piece
  const [row] = await transaction.query<{ merges: number }>('SELECT merges FROM host WHERE id = ?', [host])
  if (row?.merges !== piece.merges) return false
  const held = await findBlock(transaction, host, day)
  if ((held?.revision ?? null) !== folding.revision) return false
  const values = [
    folding.firstTime,
    folding.lastTime,
    folding.samples,
    (folding.revision ?? 0) + 1,
    folding.times,
    day,
    host,
  ]
  await transaction.run(held ? UPDATE_BLOCK : INSERT_BLOCK, values)
  const saveSegment = held ? replaceSegment : insertSegment
  for (const [metric, packed] of folding.segments) await saveSegment(transaction, day, host, metric, packed)
  await deleteFrames(transaction, piece)
  return true
}

const UPDATE_BLOCK = `UPDATE block SET first_time = ?, last_time = ?, samples = ?, revision = ?, times = ?
  WHERE day = ? AND host = ?`
const INSERT_BLOCK = `INSERT INTO block (first_time, last_time, samples, revision, times, day, host)
  VALUES (?, ?, ?, ?, ?, ?, ?)`

async function insertSegment(
  transaction: Transaction,
  day: number,
  host: number,
  metric: number,
  packed: Uint8Array,
) {
  await transaction.run('INSERT INTO segment (day, host, metric, packed) VALUES (?, ?, ?, ?)', [
    day,
    host,
    metric,
    packed,
  ])
}

async function replaceSegment(
  transaction: Transaction,
  day: number,
  host: number,
  metric: number,
  packed: Uint8Array,
) {
  await transaction.run('DELETE FROM segment WHERE day = ? AND host = ? AND metric = ?', [day, host, metric])
  await insertSegment(transaction, day, host, metric, packed)
}

const DELETE_FRAMES = `DELETE FROM frame WHERE host = ? AND time IN (${placeValues(DELETE_ROWS)})`

async function deleteFrames(transaction: Transaction, { host, frames }: Piece) {
  for (let at = 0; at < frames.length; at += DELETE_ROWS) {
    // A short rest is filled up with its last time, so that the statement is always the same.
    const times = Array.from(
      { length: DELETE_ROWS },
      (_, i) => frames[Math.min(at + i, frames.length - 1)]?.time ?? 0,
    )
    await transaction.run(DELETE_FRAMES, [host, ...times])
  }
}

/** Frames whose host was deleted while they were on their way. */
async function dropOrphans(database: Database, host: number, from: number, to: number) {
  await database.transaction(async (transaction) => {
    const [row] = await transaction.query('SELECT id FROM host WHERE id = ?', [host])
    if (row) return
    const frames = await readFrames(transaction, host, from, to)
    await deleteFrames(transaction, { host, day: 0, merges: 0, frames })
  })
}

/** Lets sockets and timers have their turn. */
export function yieldThread(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
