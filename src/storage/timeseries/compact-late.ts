import { yieldThread } from '../../lib/yield-thread.ts'
import type { Database, Transaction } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { takeMaintenanceLock } from '../database/write-locks.ts'
import { findHeldBlock } from './blocks.ts'
import { readMetricSet } from './codec/frame.ts'
import { compactBlock, type Gathered, gatherFrame, saveBlock } from './compact-block.ts'
import { type NoteDamage, openFrames } from './damage.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { readLateFrames } from './frames.ts'
import type { MetricSetReader } from './metric-sets.ts'

/** Compacted in one transaction, which reads and encodes too: few enough for it to be short. */
const MAX_FRAMES = 1500
const MAX_SAMPLES = 20_000
const DELETED_AT_ONCE = 50
const DELETE_LATE = `DELETE FROM late_frame WHERE host = ? AND time IN (${placeValues(DELETED_AT_ONCE)})`

/** Frames older than `before` are compacted, of at most `limit` host-days. */
export type CompactionOptions = {
  readonly before: number
  readonly limit: number
  readonly note: NoteDamage
}

/**
 * Compacts late frames into the blocks they belong to, at most `limit` host-days; how many it were. They are
 * few and may still change, so all of a piece is done in one transaction.
 */
export async function compactLateFrames(
  database: Database,
  metricSets: MetricSetReader,
  { before, limit, note, mayRefer }: CompactionOptions & { readonly mayRefer: boolean },
): Promise<number> {
  let compacted = 0
  let after = { host: 0, time: -1 }
  while (compacted < limit) {
    const behind = database.dialect.beyond('>', ['host', 'time'], [after.host, after.time])
    const [next] = await database.query<{ host: number; time: number }>(
      `SELECT host, time FROM late_frame WHERE ${behind.sql} AND time < ? ORDER BY host, time LIMIT 1`,
      [...behind.values, before],
    )
    if (!next) break
    const last = Math.min(before, (dayOf(next.time) + 1) * DAY_SECONDS) - 1
    await database.transaction((transaction) =>
      compactPiece(transaction, { metricSets, note, mayRefer, host: next.host, from: next.time, to: last }),
    )
    // The rest of a day that was too much for one piece is found as the next one, and counted once more.
    after = { host: next.host, time: next.time - 1 }
    compacted++
    await yieldThread()
  }
  return compacted
}

type LatePiece = {
  readonly metricSets: MetricSetReader
  readonly note: NoteDamage
  readonly mayRefer: boolean
  readonly host: number
  readonly from: number
  readonly to: number
}

async function compactPiece(
  transaction: Transaction,
  { metricSets, note, mayRefer, host, from, to }: LatePiece,
) {
  await takeMaintenanceLock(transaction)
  const rows = await readLateFrames(transaction, host, {
    from,
    to,
    limit: MAX_FRAMES,
    lock: transaction.dialect.forUpdate,
  })
  const frames = openFrames(rows, host, note)
  await metricSets.load(transaction, new Set(frames.map(({ body }) => readMetricSet(body))))
  const gathered: Gathered = new Map()
  let samples = 0
  let last = rows.at(-1)?.time ?? from
  for (const frame of frames) {
    samples += gatherFrame(gathered, { host, ...frame }, metricSets, note)
    if (samples < MAX_SAMPLES) continue
    last = frame.time
    break
  }
  // Damaged frames up to there go too: they were noted, and nothing can be made of them.
  const times = rows.flatMap(({ time }) => (time <= last ? [time] : []))
  const [known] = await transaction.query('SELECT id FROM host WHERE id = ?', [host])
  if (known && samples > 0) {
    const day = dayOf(from)
    const held = await findHeldBlock(transaction, host, day, note)
    const block = compactBlock({ host, day, gathered, held, newer: 'gathered', mayRefer }, note)
    await saveBlock(transaction, { host, day, block, held, moves: false })
  }
  // Deletes exactly these: another engine may have written a frame between them meanwhile.
  for (let i = 0; i < times.length; i += DELETED_AT_ONCE) {
    const piece = times.slice(i, i + DELETED_AT_ONCE)
    // The last time fills the free places, so that the statement is always the same.
    const filled = Array.from({ length: DELETED_AT_ONCE }, (_, at) => piece[at] ?? piece.at(-1) ?? from)
    await transaction.run(DELETE_LATE, [host, ...filled])
  }
}
