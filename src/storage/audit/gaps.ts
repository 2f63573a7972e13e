import { isLossReason, type Loss, type LossReason } from '../../domain/audit/loss.ts'
import type { NumberRange } from '../../domain/audit/number-ranges.ts'
import { reportDataGap } from '../../domain/events/data-gap.ts'
import type { Database, Transaction } from '../database/database.ts'
import { applyReports } from '../events/apply-reports.ts'
import type { FoundGap } from './queue-account.ts'

/** Holes in the data that agents sent, one per row of `data_gap`, and the events that report them. */

export type GapRow = {
  id: number
  host: number
  queue: number
  first_number: number
  last_number: number
  reason: string
  from_time: number
  to_time: number
  amount: number
  noted: number
  is_reported: number
}

export const GAP_COLUMNS =
  'id, host, queue, first_number, last_number, reason, from_time, to_time, amount, noted, is_reported'

export function insertGap(transaction: Transaction, row: Omit<GapRow, 'id'>) {
  const { host, queue, first_number: first, last_number: last, reason } = row
  return transaction.run(
    `INSERT INTO data_gap (host, queue, first_number, last_number, reason, from_time, to_time, amount, noted,
      is_reported) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [host, queue, first, last, reason, row.from_time, row.to_time, row.amount, row.noted, row.is_reported],
  )
}

/** Gaps reported in one transaction. */
const REPORTED_AT_ONCE = 200

/** Null when no agent has reported one. */
export const reasonOf = (stored: string): LossReason | null => (isLossReason(stored) ? stored : null)

/** The reason of numbers that nothing is missing under. */
export const UNUSED: LossReason = 'unused'

const uidOf = (id: number) => `gap:${id}`

/** Cycles that an agent left out within this time after others for the same reason are one hole with them. */
const JOINED_SECONDS = 600

/** A loss that is reported again with its longer duration stays one gap; its event is reported again. */
export async function saveGap(
  transaction: Transaction,
  queue: { readonly id: number; readonly host: number },
  { first, last, from, to, amount, ...gap }: FoundGap,
  at: number,
) {
  const reason = gap.reason ?? ''
  // Unused numbers are kept in case data with one arrives after all; they are not reported as missing.
  const isReported = reason === UNUSED ? 1 : 0
  const grown =
    first > 0
      ? await findBefore(transaction, queue.id, first, reason)
      : await findCycles(transaction, queue.id, from, reason)
  if (grown === null) {
    await insertGap(transaction, {
      host: queue.host,
      queue: queue.id,
      first_number: first,
      last_number: last,
      reason,
      from_time: from,
      to_time: to,
      amount,
      noted: at,
      is_reported: isReported,
    })
    return
  }
  const added = first > 0 ? amount : countBeyond(grown, { from, to, amount })
  if (added <= 0) return
  await transaction.run(
    'UPDATE data_gap SET last_number = ?, to_time = ?, amount = ?, noted = ?, is_reported = ? WHERE id = ?',
    [last, Math.max(to, grown.to_time), grown.amount + added, at, isReported, grown.id],
  )
}

type GrownGap = Pick<GapRow, 'id' | 'amount' | 'from_time' | 'to_time'>

/** The gap whose numbers end before `first`. */
async function findBefore(transaction: Transaction, queue: number, first: number, reason: string) {
  const [row] = await transaction.query<GrownGap>(
    `SELECT id, amount, from_time, to_time FROM data_gap
      WHERE queue = ? AND last_number = ? AND first_number > 0 AND reason = ?`,
    [queue, first - 1, reason],
  )
  return row ?? null
}

/** The gap without numbers that contains `from`, or ended at most `JOINED_SECONDS` before it. */
async function findCycles(transaction: Transaction, queue: number, from: number, reason: string) {
  const [row] = await transaction.query<GrownGap>(
    `SELECT id, amount, from_time, to_time FROM data_gap
      WHERE queue = ? AND first_number = 0 AND reason = ? AND from_time <= ? AND to_time >= ?
      ORDER BY from_time DESC LIMIT 1`,
    [queue, reason, from, from - JOINED_SECONDS],
  )
  return row ?? null
}

/** The number of cycles, at equal distances, that are not in the gap yet. */
function countBeyond(
  known: GrownGap,
  { from, to, amount }: { readonly from: number; readonly to: number; readonly amount: number },
): number {
  if (from === known.from_time) return amount - known.amount
  if (from > known.to_time) return amount
  const step = amount > 1 ? (to - from) / (amount - 1) : 1
  return step > 0 ? Math.max(0, Math.round((to - known.to_time) / step)) : 0
}

/** Stores a reason that was reported after the hole was found. */
export async function explainGaps(
  transaction: Transaction,
  queue: number,
  { first, last, reason, from, to }: Loss,
) {
  if (first === 0) return
  await transaction.run(
    `UPDATE data_gap SET reason = ?, from_time = ?, to_time = ?, is_reported = 0
      WHERE queue = ? AND reason = '' AND first_number >= ? AND last_number <= ?`,
    [reason, from, to, queue, first, last],
  )
}

/** Shrinks the gaps of numbers that were taken for lost and have arrived. Returns those numbers. */
export async function takeBack(transaction: Transaction, queue: number, range: NumberRange) {
  const rows = await transaction.query<GapRow>(
    `SELECT ${GAP_COLUMNS} FROM data_gap
      WHERE queue = ? AND first_number > 0 AND first_number <= ? AND last_number >= ?`,
    [queue, range.last, range.first],
  )
  const taken: NumberRange[] = []
  for (const row of rows) {
    const found = {
      first: Math.max(row.first_number, range.first),
      last: Math.min(row.last_number, range.last),
    }
    taken.push(found)
    await transaction.run('DELETE FROM data_gap WHERE id = ?', [row.id])
    const rest = [
      { first: row.first_number, last: found.first - 1 },
      { first: found.last + 1, last: row.last_number },
    ].filter(({ first, last }) => first <= last)
    for (const { first, last } of rest)
      await insertGap(transaction, {
        ...row,
        first_number: first,
        last_number: last,
        amount: last - first + 1,
        is_reported: row.reason === '' ? 0 : row.is_reported,
      })
    if (row.is_reported === 1 && row.reason === '')
      await applyReports(transaction, row.host, [{ ...describeGap(row, row.noted + 1), status: 'closed' }])
  }
  return taken
}

const describeGap = (row: GapRow, at: number) =>
  reportDataGap(
    uidOf(row.id),
    { reason: reasonOf(row.reason), amount: row.amount, from: row.from_time, to: row.to_time },
    at,
  )

/** Opens the events of gaps that are new or have grown; those of one host and reason share one. */
export async function reportGaps(database: Database, at: number): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const rows = await transaction.query<GapRow>(
      `SELECT ${GAP_COLUMNS} FROM data_gap WHERE is_reported = 0 ORDER BY host, id LIMIT ? ${transaction.dialect.forUpdate}`,
      [REPORTED_AT_ONCE],
    )
    const groups = new Map<string, GapRow>()
    for (const row of rows) {
      const key = `${row.host} ${row.reason}`
      const known = groups.get(key)
      if (known === undefined) groups.set(key, { ...row })
      else
        groups.set(key, {
          ...known,
          amount: known.amount + row.amount,
          from_time: Math.min(known.from_time || row.from_time, row.from_time || known.from_time),
          to_time: Math.max(known.to_time, row.to_time),
        })
      await transaction.run('UPDATE data_gap SET is_reported = 1 WHERE id = ?', [row.id])
    }
    for (const row of groups.values())
      await applyReports(transaction, row.host, [describeGap(row, at)], { seen: at })
    return rows.length === REPORTED_AT_ONCE
  })
}

type QuietRow = { host: number; uid: string; metric: string; severity: 1 | 2 | 3 | 4; message: string }

/** Ends the events of losses that have a reason, once nothing more was lost since `before`. */
export async function closeQuietGaps(database: Database, before: number, at: number): Promise<void> {
  const rows = await database.query<QuietRow>(
    `SELECT host, uid, metric, severity, message FROM event
      WHERE is_open = 1 AND severity > 1 AND uid LIKE 'gap:%' AND change_number < ?`,
    [before],
  )
  for (const { host, ...event } of rows)
    await database.transaction((transaction) =>
      applyReports(transaction, host, [{ ...event, change: at, time: at, status: 'closed' }]),
    )
}
