import { isPlainValue } from '../database/batch-insert.ts'
import type { Transaction, Value } from '../database/database.ts'
import { FRAME_TABLES } from '../timeseries/frames.ts'

/** The changes of a host by packets since it was last written. */
export type State = {
  lastSeen: number
  clockSkew: number | null
  latestTime: number
  /** The newest frame as it was sent; null when no packet brought one. */
  latest: Uint8Array | null
  /** Two frames of that time were sent, so what the table holds is their union. */
  merged: boolean
}

/** A state as it is written. */
export type LastSeenRow = {
  readonly host: number
  readonly lastSeen: number
  /** A stored time later than this was written by a wrong clock, and is replaced by the right one. */
  readonly future: number
  readonly clockSkew: number | null
  readonly latestTime: number
  /** Null leaves the newest frame as it is. */
  readonly latest: Uint8Array | null
}

/** `latestRight` is the latest time that a clock which is right can have written. */
export async function describeState(
  transaction: Transaction,
  host: number,
  state: State,
  latestRight: number,
): Promise<LastSeenRow> {
  const { lastSeen, clockSkew, latestTime, latest, merged } = state
  return {
    host,
    lastSeen,
    // A packet that brought only a frame does not change when the host was seen.
    future: lastSeen === 0 ? Number.MAX_SAFE_INTEGER : Math.max(lastSeen, latestRight),
    clockSkew,
    latestTime,
    latest: merged ? ((await readFrame(transaction, latestTime, host)) ?? latest) : latest,
  }
}

/** `rows` in the order of their hosts. */
export async function writeHosts(transaction: Transaction, rows: readonly LastSeenRow[]): Promise<void> {
  const { joinedRows, insertBytes } = transaction.dialect
  let together: LastSeenRow[] = []
  let bytes = 0
  for (const row of rows) {
    const size = ROW_BYTES + 2 * (row.latest?.length ?? 0)
    if (joinedRows === null || size > insertBytes || !valuesOf(row).every(isPlainValue)) {
      await writeHost(transaction, row)
      continue
    }
    if (together.length === joinedRows || bytes + size > insertBytes) {
      await writeTogether(transaction, together)
      together = []
      bytes = 0
    }
    together.push(row)
    bytes += size
  }
  await writeTogether(transaction, together)
}

/** Fewer are as quickly written by statements that the server knows already. */
const LEAST_JOINED = 3

/** Of the statement, besides the frame. */
const ROW_BYTES = 120

const valuesOf = ({ host, lastSeen, future, clockSkew, latestTime, latest }: LastSeenRow): Value[] => [
  host,
  lastSeen,
  future,
  clockSkew,
  latestTime,
  latest,
]

const FIRST_ROW =
  'SELECT ? AS id, ? AS last_seen, ? AS future, ? AS clock_skew, ? AS latest_time, ? AS latest'
const FURTHER_ROW = ' UNION ALL SELECT ?, ?, ?, ?, ?, ?'

/**
 * Each condition is the same before and after the column that it compares got its new value, since a server may set the
 * columns of joined tables in any order.
 */
const SET_TOGETHER = `SET
  host.clock_skew = CASE WHEN host.last_seen <= told.last_seen OR host.last_seen > told.future
    THEN told.clock_skew ELSE host.clock_skew END,
  host.last_seen = CASE WHEN host.last_seen < told.last_seen OR host.last_seen > told.future
    THEN told.last_seen ELSE host.last_seen END,
  host.latest = CASE WHEN told.latest IS NOT NULL AND host.latest_time <= told.latest_time
    THEN told.latest ELSE host.latest END,
  host.latest_time = CASE WHEN told.latest IS NOT NULL AND host.latest_time < told.latest_time
    THEN told.latest_time ELSE host.latest_time END`

/** The list is walked in its order, and each row of the table is found by its key. */
async function writeTogether(transaction: Transaction, rows: readonly LastSeenRow[]) {
  if (rows.length < LEAST_JOINED) {
    for (const row of rows) await writeHost(transaction, row)
    return
  }
  await transaction.run(
    `UPDATE (${FIRST_ROW}${FURTHER_ROW.repeat(rows.length - 1)}) AS told
      STRAIGHT_JOIN host ON host.id = told.id ${SET_TOGETHER}`,
    rows.flatMap(valuesOf),
  )
}

/** A time in the future was written by a wrong clock, and is replaced by the right one. */
const SET_SEEN = `clock_skew = CASE WHEN last_seen <= ? OR last_seen > ? THEN ? ELSE clock_skew END,
  last_seen = CASE WHEN last_seen < ? OR last_seen > ? THEN ? ELSE last_seen END`

async function writeHost(transaction: Transaction, row: LastSeenRow) {
  const { host, lastSeen, future, clockSkew, latestTime, latest } = row
  const seen = [lastSeen, future, clockSkew, lastSeen, future, lastSeen]
  if (!latest) {
    await transaction.run(`UPDATE host SET ${SET_SEEN} WHERE id = ?`, [...seen, host])
    return
  }
  // In this order, because MySQL uses a column's new value further right, SQLite its old one.
  await transaction.run(
    `UPDATE host SET ${SET_SEEN},
      latest = CASE WHEN latest_time <= ? THEN ? ELSE latest END,
      latest_time = CASE WHEN latest_time < ? THEN ? ELSE latest_time END WHERE id = ?`,
    [...seen, latestTime, latest, latestTime, latestTime, host],
  )
}

async function readFrame(transaction: Transaction, time: number, host: number): Promise<Uint8Array | null> {
  for (const table of FRAME_TABLES) {
    const [row] = await transaction.query<{ packed: Uint8Array }>(
      `SELECT packed FROM ${table} WHERE time = ? AND host = ?`,
      [time, host],
    )
    if (row) return row.packed
  }
  return null
}
