import type { Transaction } from '../database/database.ts'
import { dayOf } from '../timeseries/day.ts'

/** Samples that were acknowledged of a host's day, for a sequence of numbers that began at `since`. */
export type DaySamples = {
  readonly host: number
  readonly since: number
  readonly day: number
  readonly samples: number
}

type DayChange = {
  readonly host: number
  readonly day: number
  readonly samples: number
  readonly isMixed: boolean
}

/** Fewer are as quickly written by statements that the server knows already. */
const LEAST_JOINED = 3

const FIRST_ROW = 'SELECT ? AS host, ? AS day, ? AS samples'
const FURTHER_ROW = ' UNION ALL SELECT ?, ?, ?'

/** Adds to many days, each of another host or another day; with one statement where that is cheaper. */
export async function addSamples(transaction: Transaction, days: readonly DaySamples[]): Promise<void> {
  const { joinedRows } = transaction.dialect
  const changes = days.map(({ host, since, day, samples }) => {
    // On the day on which a host began to number, an unknown number of samples was received without numbers.
    return { host, day, samples, isMixed: day <= dayOf(since) }
  })
  const plain = changes.filter(({ isMixed }) => !isMixed)
  if (joinedRows === null || plain.length < LEAST_JOINED) {
    for (const change of changes) await addToDay(transaction, change)
    return
  }
  for (const change of changes) if (change.isMixed) await addToDay(transaction, change)
  for (let at = 0; at < plain.length; at += joinedRows)
    await addTogether(transaction, plain.slice(at, at + joinedRows))
}

async function addTogether(transaction: Transaction, changes: readonly DayChange[]) {
  const found = await transaction.run(
    `UPDATE (${FIRST_ROW}${FURTHER_ROW.repeat(changes.length - 1)}) AS told
      STRAIGHT_JOIN sample_day ON sample_day.host = told.host AND sample_day.day = told.day
      SET sample_day.acknowledged = sample_day.acknowledged + told.samples, sample_day.counted = NULL`,
    changes.flatMap(({ host, day, samples }) => [host, day, samples]),
  )
  if (found === changes.length) return
  // Some days are new: at midnight those of all hosts.
  for (const change of changes) {
    const place = [change.host, change.day]
    const [known] = await transaction.query('SELECT host FROM sample_day WHERE host = ? AND day = ?', place)
    if (known === undefined) await addToDay(transaction, change)
  }
}

/** A changed day is counted again. */
export async function addToDay(transaction: Transaction, { host, day, samples, isMixed }: DayChange) {
  const mixed = isMixed ? 1 : 0
  const changed = await transaction.run(
    `UPDATE sample_day SET acknowledged = acknowledged + ?, counted = NULL,
      is_mixed = CASE WHEN ? = 1 THEN 1 ELSE is_mixed END WHERE host = ? AND day = ?`,
    [samples, mixed, host, day],
  )
  if (changed > 0) return
  const [known] = await transaction.query('SELECT id FROM host WHERE id = ?', [host])
  if (known === undefined) return
  await transaction.run(
    'INSERT INTO sample_day (host, day, acknowledged, counted, is_mixed) VALUES (?, ?, ?, NULL, ?)',
    [host, day, samples, mixed],
  )
}
