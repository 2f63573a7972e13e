import { yieldThread } from '../../lib/yield-thread.ts'
import { readCounters, setCounter } from '../database/counters.ts'
import type { Database, Reader, Transaction } from '../database/database.ts'
import { NewerSchemaError, readSchemaVersion, SCHEMA_VERSION } from '../database/migrations.ts'
import { takeExclusiveLock, takeMaintenanceLock } from '../database/write-locks.ts'
import { findBlock, findHeldBlock, type HeldBlock } from './blocks.ts'
import { readMetricSet } from './codec/frame.ts'
import { type CompactedBlock, compactBlock, type Gathered, gatherFrame, saveBlock } from './compact-block.ts'
import { type CompactionOptions, compactLateFrames } from './compact-late.ts'
import { type Damage, type NoteDamage, openFrameOr } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { findHostsOfFrames, readFramesOfHosts } from './frames.ts'
import { readMayRefer } from './may-refer.ts'
import type { MetricSetReader } from './metric-sets.ts'

/** Hosts read together: their rows of one time are side by side, so a look-up serves them all. */
const GROUP_HOSTS = 16
/** Samples held in memory at once; a group that has more is read again, in a smaller size. */
const MAX_GROUP_SAMPLES = 1_500_000
/** Distinct times read in one statement. */
const TIMES_AT_ONCE = 500
/** Frames deleted in one transaction. */
const DELETE_ROWS = 5000
/** `compact_host` when no slice is begun, and when all of its hosts are compacted. */
const IDLE = -1
const ALL_COMPACTED = Number.MAX_SAFE_INTEGER

type Context = {
  readonly database: Database
  readonly metricSets: MetricSetReader
  readonly note: NoteDamage
  readonly mayRefer: boolean
}

/**
 * The compaction under way: all frames older than `before`, which are of one day; hosts up to `host` are
 * done.
 */
type Slice = { readonly before: number; readonly host: number }

/** Hosts that have frames older than `before`, ascending; null where those may be all. */
type SliceHosts = { readonly before: number; readonly ids: readonly number[] | null }

/**
 * Compacts frames that are older than `before`, at most `limit` host-days; returns how many there were. Fewer
 * than `limit`: nothing is left.
 *
 * A day is compacted for one group of hosts after the other, and its frames are deleted when all are done,
 * front to back: deleting each host's own would touch every page of the table for every host. From the
 * beginning of a slice no frame older than its end changes, because the writers put such frames in
 * `late_frame`; so all reading and encoding is done without a lock. The blocks of a group and the note that
 * it is done are one short transaction: a process that compacts at the same time, or after a crash, continues
 * from there.
 *
 * Throws a `NewerSchemaError` where a newer program has upgraded the database meanwhile: its blocks may hold what this one can't
 * read, and would write without it.
 */
export async function compactFrames(
  database: Database,
  metricSets: MetricSetReader,
  { before, limit, note, now }: CompactionOptions & { readonly now: number },
): Promise<number> {
  const schema = await readSchemaVersion(database)
  if (schema > SCHEMA_VERSION) throw new NewerSchemaError(schema)
  const options = { before, limit, note, mayRefer: await readMayRefer(database, now) }
  const context = { database, metricSets, note, mayRefer: options.mayRefer }
  let compacted = 0
  let known: SliceHosts = { before: IDLE, ids: null }
  while (compacted < limit) {
    const slice: Slice | null = (await findSlice(database)) ?? (await beginSlice(database, before))
    if (!slice) break
    if (slice.host === ALL_COMPACTED) await deleteCompacted(database, slice)
    else {
      // These stay what they are until the slice ends.
      if (known.before !== slice.before)
        known = { before: slice.before, ids: await findHostsOfFrames(database, slice.before) }
      const size = Math.min(GROUP_HOSTS, limit - compacted)
      compacted += await compactGroup(context, slice, { size, ids: known.ids })
    }
    await yieldThread()
  }
  return compacted + (await compactLateFrames(database, metricSets, { ...options, limit: limit - compacted }))
}

async function findSlice(reader: Reader): Promise<Slice | null> {
  const counters = await readCounters(reader)
  return counters.compact_host === IDLE
    ? null
    : { before: counters.compact_before, host: counters.compact_host }
}

/** Null when there is nothing older than `before`. */
async function beginSlice(database: Database, before: number): Promise<Slice | null> {
  const [seen] = await database.query('SELECT time FROM frame WHERE time < ? LIMIT 1', [before])
  if (!seen) return null
  return database.transaction(async (transaction) => {
    await takeMaintenanceLock(transaction)
    const begun = await findSlice(transaction)
    if (begun) return begun
    // From here on no process writes with the previous barrier in mind.
    await takeExclusiveLock(transaction)
    const [row] = await transaction.query<{ first: number | null; last: number | null }>(
      'SELECT (SELECT MIN(time) FROM frame) AS first, (SELECT MAX(time) FROM frame) AS last',
    )
    if (!row || row.first === null || row.last === null || row.first >= before) return null
    // Not beyond the newest frame: the next frames are not late.
    const end = Math.min(before, (dayOf(row.first) + 1) * DAY_SECONDS, row.last + 1)
    await setCounter(transaction, 'compact_before', end)
    await setCounter(transaction, 'compact_host', 0)
    return { before: end, host: 0 }
  })
}

/** How many host-days were compacted. */
async function compactGroup(
  context: Context,
  slice: Slice,
  { size, ids }: { readonly size: number; readonly ids: SliceHosts['ids'] },
): Promise<number> {
  const { database, note, mayRefer } = context
  const hosts =
    ids?.filter((id) => id > slice.host).slice(0, size) ?? (await listHosts(database, slice, size))
  const lastHost = hosts.at(-1)
  if (lastHost === undefined) {
    await advance(database, slice, ALL_COMPACTED, async () => true)
    return 0
  }
  const day = dayOf(slice.before - 1)
  const gathered = await gatherHosts(context, slice, lastHost)
  if (!gathered) return compactGroup(context, slice, { size: Math.ceil(hosts.length / 2), ids })
  // Outside of a transaction a chunk may be missing because another process replaces it: that is known only
  // at the end.
  const met: Damage[] = []
  const remember: NoteDamage = (damage) => met.push(damage)
  const blocks: { host: number; block: CompactedBlock; held: HeldBlock | null }[] = []
  for (const [host, series] of gathered) {
    const held = await findHeldBlock(database, host, day, remember)
    // Samples of the slice's time that are in the block already were sent late, so they are the newer ones.
    const block = compactBlock({ host, day, gathered: series, held, newer: 'held', mayRefer }, remember)
    blocks.push({ host, block, held })
    await yieldThread()
  }
  blocks.sort((a, b) => a.host - b.host)
  const done = await advance(database, slice, lastHost, async (transaction) => {
    for (const { host, held } of blocks) {
      const now = await findBlock(transaction, host, day)
      if (now?.revision !== held?.row.revision) return false
    }
    for (const { host, block, held } of blocks) {
      const [known] = await transaction.query('SELECT id FROM host WHERE id = ?', [host])
      if (known) await saveBlock(transaction, { host, day, block, held, moves: true })
    }
    return true
  })
  if (!done) return 0
  for (const damage of met) note(damage)
  return blocks.length
}

async function listHosts(reader: Reader, { host }: Slice, size: number): Promise<number[]> {
  const sql = 'SELECT id FROM host WHERE id > ? ORDER BY id LIMIT ?'
  return (await reader.query<{ id: number }>(sql, [host, size])).map(({ id }) => id)
}

/**
 * Moves the slice on together with `act`, unless `act` returns false or another process has moved it: then
 * nothing is done.
 */
function advance(
  database: Database,
  slice: Slice,
  host: number,
  act: (transaction: Transaction) => Promise<boolean>,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    await takeMaintenanceLock(transaction)
    const now = await findSlice(transaction)
    if (now?.before !== slice.before || now.host !== slice.host) return false
    if (!(await act(transaction))) return false
    await setCounter(transaction, 'compact_host', host)
    return true
  })
}

/**
 * The slice's samples of hosts behind `slice.host` up to `lastHost`; null when there are too many of several
 * hosts.
 */
async function gatherHosts({ database: reader, metricSets, note }: Context, slice: Slice, lastHost: number) {
  const hosts = new Map<number, Gathered>()
  let samples = 0
  let from = 0
  for (;;) {
    const rows = await readFramesOfHosts(reader, {
      afterHost: slice.host,
      lastHost,
      from,
      to: slice.before - 1,
      times: TIMES_AT_ONCE,
    })
    const frames: { host: number; time: number; body: Uint8Array }[] = []
    for (const { host, time, packed } of rows) {
      from = Math.max(from, time + 1)
      const body = host === null || packed === null ? null : openFrameOr({ time, packed }, host, note)
      if (host !== null && body) frames.push({ host, time, body })
    }
    await metricSets.load(reader, new Set(frames.map(({ body }) => readMetricSet(body))))
    for (const { host, time, body } of frames) {
      let gathered = hosts.get(host)
      if (!gathered) {
        gathered = new Map()
        hosts.set(host, gathered)
      }
      samples += gatherFrame(gathered, { host, time, body }, metricSets, note)
    }
    if (samples > MAX_GROUP_SAMPLES && hosts.size > 1) return null
    if (rows.length === 0) return hosts
    await yieldThread()
  }
}

/** Front to back, in short transactions; the last one ends the slice. */
async function deleteCompacted(database: Database, slice: Slice) {
  for (;;) {
    const isDone = await database.transaction(async (transaction) => {
      await takeMaintenanceLock(transaction)
      const now = await findSlice(transaction)
      if (now?.before !== slice.before || now.host !== ALL_COMPACTED) return true
      if ((await deleteFrontFrames(transaction, slice.before, DELETE_ROWS)).isLeft) return false
      await setCounter(transaction, 'compact_host', IDLE)
      return true
    })
    if (isDone) return
    await yieldThread()
  }
}

/** Deletes about `rows` of the oldest frames older than `before`; how many, and whether more are left. */
export async function deleteFrontFrames(transaction: Transaction, before: number, rows: number) {
  const [row] = await transaction.query<{ time: number; host: number }>(
    'SELECT time, host FROM frame WHERE time < ? ORDER BY time, host LIMIT 1 OFFSET ?',
    [before, rows],
  )
  if (!row) {
    return { count: await transaction.run('DELETE FROM frame WHERE time < ?', [before]), isLeft: false }
  }
  const earlier = await transaction.run('DELETE FROM frame WHERE time < ?', [row.time])
  const rest = await transaction.run('DELETE FROM frame WHERE time = ? AND host < ?', [row.time, row.host])
  return { count: earlier + rest, isLeft: true }
}
