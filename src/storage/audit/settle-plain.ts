import type { Transaction, Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { addSamples, type DaySamples } from './day-samples.ts'
import { openAccount, QUEUE_COLUMNS, type QueueRow, writeRanges } from './queue-rows.ts'
import type { ReportEntry } from './receipt.ts'

type ReportedNumbers = readonly [queue: number, reports: readonly ReportEntry[]]

/**
 * Sequences of numbers in one transaction: some milliseconds. As many are read in one statement, so that a database on a
 * server of its own is asked once, not once for each agent.
 */
export const QUEUES_AT_ONCE = 100

/** Fewer are as quickly written by statements that the server knows already. */
const LEAST_JOINED = 3

/**
 * Settles those sequences of which only the next numbers came, as of nearly every agent; returns the others. Each of
 * these is read again when it is settled, since settling one may change another one of the same host.
 */
export async function settlePlain(
  transaction: Transaction,
  queues: readonly ReportedNumbers[],
): Promise<readonly ReportedNumbers[]> {
  const rows = await readRows(transaction, queues)
  const changed: Value[][] = []
  const days: DaySamples[] = []
  const others: ReportedNumbers[] = []
  for (const entry of queues) {
    const [queue, reports] = entry
    const row = rows.get(queue)
    // The host was deleted.
    if (row === undefined) continue
    const account = row.last_time > 0 && row.is_restored === 0 ? addAll(row, reports) : null
    if (account === null) {
      others.push(entry)
      continue
    }
    changed.push([
      queue,
      account.newest,
      account.waiting,
      Buffer.from(writeRanges(account.accounted)),
      account.present,
      account.lastTime,
    ])
    for (const [day, samples] of account.days) days.push({ host: row.host, since: row.since, day, samples })
  }
  await writeRows(transaction, changed)
  await addSamples(transaction, days)
  return others
}

async function readRows(transaction: Transaction, queues: readonly ReportedNumbers[]) {
  const rows = await transaction.query<QueueRow>(
    `SELECT ${QUEUE_COLUMNS} FROM agent_queue WHERE id IN (${placeValues(QUEUES_AT_ONCE)})
      ORDER BY id ${transaction.dialect.forUpdate}`,
    // Always the same number of values, so that the database sees one statement.
    Array.from({ length: QUEUES_AT_ONCE }, (_, i) => queues[i]?.[0] ?? -1),
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Null when a report holds anything but the next numbers, or a number before them has become a hole. */
function addAll(row: QueueRow, reports: readonly ReportEntry[]) {
  const account = openAccount(row)
  for (const entry of reports) if (!account.addNext(entry)) return null
  account.findHoles(row.last_time)
  return account.gaps.length === 0 ? account : null
}

const COLUMNS = ['newest', 'waiting', 'accounted', 'present', 'last_time']

const FIRST_ROW = `SELECT ? AS id, ${COLUMNS.map((name) => `? AS ${name}`).join(', ')}`
const FURTHER_ROW = ` UNION ALL SELECT ?, ${placeValues(COLUMNS.length)}`

/** The list of ranges is given as bytes, which need no quotes. */
const SET_TOGETHER = COLUMNS.map((name) => {
  const value = name === 'accounted' ? 'CONVERT(told.accounted USING utf8mb4)' : `told.${name}`
  return `agent_queue.${name} = ${value}`
}).join(', ')

const SET_ONE = COLUMNS.map((name) => `${name} = ?`).join(', ')

/** `rows` are values of `id` and `COLUMNS`. */
async function writeRows(transaction: Transaction, rows: readonly Value[][]) {
  if (transaction.dialect.joinedRows === null || rows.length < LEAST_JOINED) {
    for (const [id = null, ...values] of rows)
      await transaction.run(`UPDATE agent_queue SET ${SET_ONE} WHERE id = ?`, [
        ...values.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)),
        id,
      ])
    return
  }
  await transaction.run(
    `UPDATE (${FIRST_ROW}${FURTHER_ROW.repeat(rows.length - 1)}) AS told
      STRAIGHT_JOIN agent_queue ON agent_queue.id = told.id SET ${SET_TOGETHER}`,
    rows.flat(),
  )
}
