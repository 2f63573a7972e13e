import { yieldThread } from '../../lib/yield-thread.ts'
import type { Database, Transaction } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { addSamples, addToDay } from './day-samples.ts'
import { explainGaps, saveGap, takeBack } from './gaps.ts'
import { type ReceiptDays, ReceiptGatherer } from './gather-receipts.ts'
import { noteLostQueue } from './lost-queue.ts'
import { openAccount, QUEUE_COLUMNS, type QueueRow, writeRanges } from './queue-rows.ts'
import type { ReportEntry } from './receipt.ts'
import { QUEUES_AT_ONCE, settlePlain } from './settle-plain.ts'

/**
 * Receipts are written with the samples, one per commit; here they are applied to the state of each agent's
 * numbers. This takes few writes: a sequence of numbers is updated once for everything received in some
 * minutes.
 */

/** Receipts and bytes of them that are settled together: some seconds of work at most. */
const MAX_RECEIPTS = 20_000
const MAX_BYTES = 16 * 1024 * 1024
/** Read at a time: one of a large commit takes some ten thousand bytes. */
const READ_AT_ONCE = 200
const DELETED_AT_ONCE = 200

/** The remaining work for a receipt whose numbers are settled. */
type Settled = { readonly id: number; readonly days: ReceiptDays }

/**
 * Settles a bounded number of receipts; true when more are left. May run twice at a time, or be interrupted:
 * numbers that are settled twice then count as sent twice, and nothing else changes.
 */
export async function settleReceipts(database: Database, at: number): Promise<boolean> {
  const gatherer = new ReceiptGatherer()
  const { settled, restored, isMore } = await readReceipts(database, gatherer)
  if (restored !== null) return markRestored(database, restored)
  const queues = gatherer.queues()
  for (let from = 0; from < queues.length; from += QUEUES_AT_ONCE) {
    const piece = queues.slice(from, from + QUEUES_AT_ONCE)
    await database.transaction(async (transaction) => {
      for (const [queue, reports] of await settlePlain(transaction, piece))
        await settleQueue(transaction, { queue, reports, at })
    })
    await yieldThread()
  }
  for (let from = 0; from < settled.length; from += DELETED_AT_ONCE) {
    const piece = settled.slice(from, from + DELETED_AT_ONCE)
    await database.transaction((transaction) => finishReceipts(transaction, piece))
    await yieldThread()
  }
  return isMore
}

/**
 * All earlier receipts were in the backup. All present sequences of numbers are marked until their agents
 * send again: numbers that were confirmed to an agent and are missing here were stored after the backup.
 */
async function markRestored(database: Database, receipt: number): Promise<true> {
  await database.transaction(async (transaction) => {
    const deleted = await transaction.run('DELETE FROM receipt WHERE id = ?', [receipt])
    if (deleted > 0) await transaction.run('UPDATE agent_queue SET is_restored = 1')
  })
  return true
}

type Read = {
  readonly settled: readonly Settled[]
  /** The receipt that marks that the database was restored, when it is the first one. */
  readonly restored: number | null
  readonly isMore: boolean
}

/** Reads up to the place where the database was restored: earlier receipts are settled first. */
async function readReceipts(database: Database, gatherer: ReceiptGatherer): Promise<Read> {
  const settled: Settled[] = []
  let bytes = 0
  let after = 0
  while (settled.length < MAX_RECEIPTS && bytes < MAX_BYTES) {
    const rows = await database.query<{ id: number; packed: Uint8Array }>(
      'SELECT id, packed FROM receipt WHERE id > ? ORDER BY id LIMIT ?',
      [after, READ_AT_ONCE],
    )
    for (const { id, packed } of rows) {
      const days = gatherer.add(packed)
      if (days === null) return { settled, restored: settled.length === 0 ? id : null, isMore: true }
      bytes += packed.length
      settled.push({ id, days })
    }
    after = rows.at(-1)?.id ?? after
    if (rows.length < READ_AT_ONCE) return { settled, restored: null, isMore: false }
    await yieldThread()
  }
  return { settled, restored: null, isMore: true }
}

/** Only the process that deletes a receipt counts the parts of it that would otherwise be counted twice. */
async function finishReceipts(transaction: Transaction, receipts: readonly Settled[]) {
  const isPlain = ({ days }: Settled) => days.overlaps.length + days.unnumbered.length === 0
  const plain = receipts.filter(isPlain)
  if (plain.length > 0)
    await transaction.run(
      `DELETE FROM receipt WHERE id IN (${placeValues(DELETED_AT_ONCE)})`,
      // Always the same number of values, so that the database sees one statement.
      Array.from({ length: DELETED_AT_ONCE }, (_, i) => plain[i]?.id ?? -1),
    )
  for (const receipt of receipts) {
    if (isPlain(receipt)) continue
    const deleted = await transaction.run('DELETE FROM receipt WHERE id = ?', [receipt.id])
    if (deleted === 0) continue
    for (const { host, day, samples } of receipt.days.overlaps)
      await addToDay(transaction, { host, day, samples: -samples, isMixed: false })
    for (const { host, day } of receipt.days.unnumbered)
      await addToDay(transaction, { host, day, samples: 0, isMixed: true })
  }
}

async function settleQueue(
  transaction: Transaction,
  { queue, reports, at }: { queue: number; reports: readonly ReportEntry[]; at: number },
) {
  const [row] = await transaction.query<QueueRow>(
    `SELECT ${QUEUE_COLUMNS} FROM agent_queue WHERE id = ? ${transaction.dialect.forUpdate}`,
    [queue],
  )
  // The host was deleted.
  if (row === undefined) return
  const account = openAccount(row)
  const before = row.last_time
  let isPlain = before > 0
  for (const entry of reports) {
    if (account.addNext(entry)) continue
    if (entry.known !== undefined) {
      account.addContact(entry.known)
      continue
    }
    for (const range of account.findKnown(entry))
      for (const found of await takeBack(transaction, queue, range)) account.reopen(found)
    account.addReport(entry)
    isPlain = false
  }
  for (const { lost } of reports) {
    if (lost.length === 0) continue
    account.addLosses(lost)
    for (const loss of lost) await explainGaps(transaction, queue, loss)
  }
  account.findRestored(before)
  account.findHoles(before)
  for (const gap of account.gaps) await saveGap(transaction, row, gap, at)
  // Agents number from 1 on; one that has shown its numbers to another server first may have lost nothing.
  if (!isPlain && account.first === 1)
    await noteLostQueue(
      transaction,
      row,
      reports.flatMap(({ frames }) => frames),
      at,
    )
  await transaction.run(
    `UPDATE agent_queue SET first_number = ?, newest = ?, waiting = ?, accounted = ?, present = ?, repeated = ?,
      last_time = ?, is_restored = ? WHERE id = ?`,
    [
      account.first,
      account.newest,
      account.waiting,
      writeRanges(account.accounted),
      account.present,
      account.repeated,
      account.lastTime,
      account.isRestored ? 1 : 0,
      queue,
    ],
  )
  await addSamples(
    transaction,
    [...account.days].map(([day, samples]) => ({ host: row.host, since: row.since, day, samples })),
  )
}
