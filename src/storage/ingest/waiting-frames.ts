import { addToCounter, readCounters } from '../database/counters.ts'
import type { Database, Transaction, Value } from '../database/database.ts'
import { enterSharedLock } from '../database/write-locks.ts'
import { createMetricSetReader, createMetricSetWriter } from '../timeseries/metric-sets.ts'
import { insertFrames } from './insert-frames.ts'

/**
 * Frames whose time is ahead of the server's clock. An agent of the original product can only be notified
 * that everything it sent is stored, and then deletes it; so frames that it sends with a fast clock are kept
 * here until their time comes or the server's clock, if that was the wrong one, is corrected.
 */

/** The number of frames of one agent in 7 days, one per minute. */
export const MAX_WAITING_FRAMES = 7 * 24 * 60

/** Drops the oldest waiting frames of a host above MAX_WAITING_FRAMES; returns how many. */
export async function boundWaiting(transaction: Transaction, host: number): Promise<number> {
  const [row] = await transaction.query<{ total: number }>(
    'SELECT COUNT(*) AS total FROM waiting_frame WHERE host = ?',
    [host],
  )
  const excess = (row?.total ?? 0) - MAX_WAITING_FRAMES
  if (excess <= 0) return 0
  const [kept] = await transaction.query<{ time: number }>(
    'SELECT time FROM waiting_frame WHERE host = ? ORDER BY time LIMIT 1 OFFSET ?',
    [host, excess],
  )
  if (!kept) return 0
  return transaction.run('DELETE FROM waiting_frame WHERE host = ? AND time < ?', [host, kept.time])
}

type WaitingFrameRow = { time: number; host: number; samples: number; packed: Uint8Array }

/** See `MaintenanceStore.admitWaiting`. */
export async function admitWaiting(database: Database, until: number, limit: number): Promise<number> {
  const [seen] = await database.query('SELECT time FROM waiting_frame WHERE time <= ? LIMIT 1', [until])
  if (!seen) return 0
  return database.transaction(async (transaction) => {
    // Any of the shared locks keeps compaction and the deletion of hosts away.
    await enterSharedLock(transaction, 0)
    const { compact_before: compactBefore } = await readCounters(transaction)
    const rows = await transaction.query<WaitingFrameRow>(
      `SELECT time, host, samples, packed FROM waiting_frame WHERE time <= ? ORDER BY time, host LIMIT ?
        ${transaction.dialect.forUpdate}`,
      [until, limit],
    )
    const merged = new Set<string>()
    const merging = {
      writer: createMetricSetWriter(),
      reader: createMetricSetReader(),
      onMerged: (host: number, time: number) => merged.add(`${host} ${time}`),
    }
    const valuesOf = (some: readonly WaitingFrameRow[]): Value[] =>
      some.flatMap(({ time, host, samples, packed }) => [time, host, samples, packed])
    const isLate = ({ time }: WaitingFrameRow) => time < compactBefore
    await insertFrames(transaction, 'frame', valuesOf(rows.filter((row) => !isLate(row))), merging)
    await insertFrames(transaction, 'late_frame', valuesOf(rows.filter(isLate)), merging)
    for (const { host, time } of rows)
      await transaction.run('DELETE FROM waiting_frame WHERE host = ? AND time = ?', [host, time])
    const newest = new Map(rows.map((row) => [row.host, row]))
    for (const { host, time, packed } of newest.values())
      if (!merged.has(`${host} ${time}`)) await saveLatest(transaction, host, time, packed)
    await addToCounter(transaction, 'revision', 1)
    return rows.length
  })
}

/** The newest frame of a host is stored in its row of `host`, where pages read it. */
async function saveLatest(transaction: Transaction, host: number, time: number, packed: Uint8Array) {
  await transaction.run('UPDATE host SET latest = ?, latest_time = ? WHERE id = ? AND latest_time < ?', [
    packed,
    time,
    host,
    time,
  ])
}
