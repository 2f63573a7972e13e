import type { LossReason } from '../../domain/audit/loss.ts'
import type { Transaction } from '../database/database.ts'
import { insertGap, saveGap } from './gaps.ts'
import { openAccount, QUEUE_COLUMNS, type QueueRow, writeRanges } from './queue-rows.ts'
import type { FrameRun } from './receipt.ts'

/**
 * An agent that begins a new sequence of numbers has lost its queue, and with it its record of the earlier
 * numbers: the missing data can only be estimated. The estimate uses the newest time of the earlier sequence
 * and the first time of the new one.
 */

const REASON: LossReason = 'queue'
/**
 * The range in seconds in which the previous frame is looked up, where nothing else shows the interval of
 * frames.
 */
const SEARCHED_SECONDS = 3600
/** Seconds between two frames when that can't be known. */
const ASSUMED_INTERVAL = 60

/**
 * Notes what was lost with the queue before that of `row`. `runs` are the frames received from it since it
 * was read: an agent sends the newest first, so later ones may make the hole shorter.
 */
export async function noteLostQueue(
  transaction: Transaction,
  row: Pick<QueueRow, 'id' | 'host' | 'last_time'>,
  runs: readonly FrameRun[],
  at: number,
): Promise<void> {
  if (runs.length === 0) return
  const earliest = Math.min(...runs.map(({ from }) => from))
  if (row.last_time > 0) {
    if (earliest < row.last_time) await shortenHole(transaction, row.id, earliest)
    return
  }
  const [before] = await transaction.query<QueueRow>(
    `SELECT ${QUEUE_COLUMNS} FROM agent_queue WHERE host = ? AND id <> ? AND last_time > 0
      ORDER BY last_time DESC LIMIT 1 ${transaction.dialect.forUpdate}`,
    [row.host, row.id],
  )
  if (before === undefined) return
  await endRow(transaction, before, at)
  const interval = intervalOf(runs) ?? (await readInterval(transaction, before))
  const amount = Math.round((earliest - before.last_time) / interval) - 1
  if (amount <= 0) return
  await insertGap(transaction, {
    host: row.host,
    queue: row.id,
    first_number: 0,
    last_number: 0,
    reason: REASON,
    from_time: before.last_time + interval,
    to_time: earliest - interval,
    amount,
    noted: at,
    is_reported: 0,
  })
}

/**
 * Data that waited under the earlier numbers counts as lost; should it arrive after all, the hole shrinks
 * like any other.
 */
async function endRow(transaction: Transaction, before: QueueRow, at: number): Promise<void> {
  const { id, first_number: first, newest, last_time: time } = before
  const account = openAccount(before)
  if (account.pending === 0) return
  account.addLosses([{ first, last: newest, reason: REASON, from: time, to: time, count: account.pending }])
  for (const gap of account.gaps) await saveGap(transaction, before, gap, at)
  await transaction.run('UPDATE agent_queue SET accounted = ? WHERE id = ?', [
    writeRanges(account.accounted),
    id,
  ])
}

async function shortenHole(transaction: Transaction, queue: number, earliest: number): Promise<void> {
  const [gap] = await transaction.query<{ id: number; from_time: number; to_time: number; amount: number }>(
    'SELECT id, from_time, to_time, amount FROM data_gap WHERE queue = ? AND first_number = 0 AND reason = ?',
    [queue, REASON],
  )
  if (gap === undefined || earliest > gap.to_time) return
  const interval = gap.amount > 1 ? (gap.to_time - gap.from_time) / (gap.amount - 1) : 1
  const amount = Math.round((earliest - gap.from_time) / interval)
  if (gap.amount > 1 && amount > 0)
    await transaction.run('UPDATE data_gap SET to_time = ?, amount = ?, is_reported = 0 WHERE id = ?', [
      Math.round(gap.from_time + (amount - 1) * interval),
      amount,
      gap.id,
    ])
  else await transaction.run('DELETE FROM data_gap WHERE id = ?', [gap.id])
}

/** Seconds between two frames that follow each other; null when there are none. */
function intervalOf(runs: readonly FrameRun[]): number | null {
  const steps = runs.flatMap(({ first, last, from, to }) => (to > from ? [(to - from) / (last - first)] : []))
  return steps.length === 0 ? null : Math.max(1, Math.round(Math.min(...steps)))
}

async function readInterval(transaction: Transaction, { host, last_time: time }: QueueRow): Promise<number> {
  const [row] = await transaction.query<{ time: number | null }>(
    'SELECT MAX(time) AS time FROM frame WHERE host = ? AND time >= ? AND time < ?',
    [host, time - SEARCHED_SECONDS, time],
  )
  return row?.time == null ? ASSUMED_INTERVAL : time - row.time
}
