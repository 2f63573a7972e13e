import { yieldThread } from '../../lib/yield-thread.ts'
import { addToCounter } from '../database/counters.ts'
import type { Database } from '../database/database.ts'
import { takeExclusiveLock, takeMaintenanceLock } from '../database/write-locks.ts'
import type { DroppedHost, DroppedSamples } from '../ports/store.ts'
import { countBlockSamples, deleteBlock } from '../timeseries/blocks.ts'
import { readMetricSet } from '../timeseries/codec/frame.ts'
import { deleteFrontFrames } from '../timeseries/compaction.ts'
import { openLatest } from '../timeseries/damage.ts'
import { DAY_SECONDS, dayOf } from '../timeseries/day.ts'
import { countFrameSamples } from '../timeseries/frames.ts'
import { deleteHost } from './delete-host.ts'
import { type DropOptions, dropManyClosedEvents } from './drop-events.ts'

/**
 * Rows deleted in one transaction: enough to make progress, few enough that other transactions hardly wait.
 */
const FRAME_ROWS = 5000
const BLOCK_ROWS = 200

/** Hosts that reported within this many seconds before the newest report determine the newest sample time. */
const LATELY = 86_400

/** See `MaintenanceStore.findSampleTimes`. */
export async function findSampleTimes(database: Database) {
  const [first] = await database.query<{ frame: number | null; day: number | null }>(
    'SELECT (SELECT MIN(time) FROM frame) AS frame, (SELECT MIN(day) FROM block) AS day',
  )
  const [seen] = await database.query<{ last: number | null }>('SELECT MAX(last_seen) AS last FROM host')
  const since = (seen?.last ?? 0) - LATELY
  const lately = 'FROM host WHERE last_seen >= ? AND latest_time > 0'
  const [count] = await database.query<{ hosts: number }>(`SELECT COUNT(*) AS hosts ${lately}`, [since])
  const hosts = count?.hosts ?? 0
  const [middle] = await database.query<{ time: number }>(
    `SELECT latest_time AS time ${lately} ORDER BY latest_time LIMIT 1 OFFSET ?`,
    // The lower one of two: too late a time drops what should stay.
    [since, Math.max(0, Math.floor((hosts - 1) / 2))],
  )
  const times = [first?.frame ?? null, first?.day == null ? null : first.day * DAY_SECONDS]
  const known = times.filter((time) => time !== null)
  return { oldest: known.length === 0 ? null : Math.min(...known), newest: middle?.time ?? null }
}

/** Drops a bounded number of the samples that are older than `before`. */
export async function dropSamples(database: Database, before: number): Promise<DroppedSamples> {
  const frames = await dropFrames(database, before)
  if (frames.isLeft) return { frames: frames.count, blocks: 0, isLeft: true }
  // A block that contains later samples than `before` stays until all of it is too old.
  const firstKept = dayOf(before)
  const blocks = await dropBlocks(database, firstKept)
  const isLeft = blocks === BLOCK_ROWS
  if (!isLeft) await dropMetricSets(database, firstKept)
  return { frames: frames.count, blocks, isLeft }
}

const NO_FRAMES = { count: 0, isLeft: false }

async function dropFrames(database: Database, before: number) {
  const [seen] = await database.query('SELECT time FROM frame WHERE time < ? LIMIT 1', [before])
  if (!seen) return NO_FRAMES
  return database.transaction(async (transaction) => {
    await takeMaintenanceLock(transaction)
    return deleteFrontFrames(transaction, before, FRAME_ROWS)
  })
}

async function dropBlocks(database: Database, firstKept: number): Promise<number> {
  return database.transaction(async (transaction) => {
    await takeMaintenanceLock(transaction)
    const rows = await transaction.query<{ day: number; host: number }>(
      'SELECT day, host FROM block WHERE day < ? ORDER BY day, host LIMIT ?',
      [firstKept, BLOCK_ROWS],
    )
    for (const { day, host } of rows) {
      await deleteBlock(transaction, host, day)
      await transaction.run('DELETE FROM sample_day WHERE host = ? AND day <= ?', [host, day])
    }
    return rows.length
  })
}

/** Lists of metrics that no sample and no newest frame uses any more. */
async function dropMetricSets(database: Database, firstKept: number) {
  const [old] = await database.query('SELECT host FROM host_metric_set WHERE last_day < ? LIMIT 1', [
    firstKept,
  ])
  if (!old) return
  await database.transaction(async (transaction) => {
    await takeMaintenanceLock(transaction)
    await takeExclusiveLock(transaction)
    await transaction.run('DELETE FROM host_metric_set WHERE last_day < ?', [firstKept])
    const used = new Set<number>()
    const rows = await transaction.query<{ metric_set: number }>(
      'SELECT DISTINCT metric_set FROM host_metric_set',
    )
    for (const { metric_set: id } of rows) used.add(id)
    // A host that is silent shows its newest frame until it is dropped itself.
    const latest = await transaction.query<{
      id: number
      latest_time: number
      latest: Uint8Array | null
    }>('SELECT id, latest_time, latest FROM host WHERE latest IS NOT NULL')
    for (const row of latest) {
      const frame = openLatest(row)
      if (frame) used.add(readMetricSet(frame))
    }
    const metricSets = await transaction.query<{ id: number }>('SELECT id FROM metric_set')
    for (const { id } of metricSets)
      if (!used.has(id)) await transaction.run('DELETE FROM metric_set WHERE id = ?', [id])
    await addToCounter(transaction, 'removed', 1)
  })
}

/** At most `limit` hosts not seen since, each in a transaction of its own but for many closed events. */
export async function dropHosts(
  database: Database,
  before: number,
  { limit, clock, isOver }: DropOptions,
): Promise<DroppedHost[]> {
  const rows = await database.query<{ id: number; name: string }>(
    'SELECT id, name FROM host WHERE last_seen < ? ORDER BY last_seen, name LIMIT ?',
    [before, limit],
  )
  const dropped: DroppedHost[] = []
  for (const { id, name } of rows) {
    const ahead = await dropManyClosedEvents(database, id, before, { clock, isOver })
    if (isOver()) break
    const found = await database.transaction(async (transaction) => {
      await takeMaintenanceLock(transaction)
      await takeExclusiveLock(transaction)
      // It may have been seen meanwhile.
      const [row] = await transaction.query<{ lastSeen: number; events: number }>(
        `SELECT last_seen AS lastSeen, (SELECT COUNT(*) FROM event WHERE event.host = host.id) AS events
          FROM host WHERE id = ? AND name = ? AND last_seen < ?`,
        [id, name, before],
      )
      if (row === undefined) return null
      const samples = (await countBlockSamples(transaction, id)) + (await countFrameSamples(transaction, id))
      if (!(await deleteHost(transaction, name))) return null
      return { host: name, samples, ...row }
    })
    if (found !== null) dropped.push({ ...found, events: found.events + ahead })
    await yieldThread()
  }
  return dropped
}
