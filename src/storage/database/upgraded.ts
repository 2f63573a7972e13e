import type { Reader } from './database.ts'

/** Until then whoever runs several machines has to have replaced every process of the earlier build. */
const WAIT_SECONDS = 7 * 86_400
/** A database whose first step is no older than this was made by a program that knows the other one. */
const MAKING_SECONDS = 600

/**
 * Seconds since 1970 from which on no program from before this step of the schema uses the database: seven days after the
 * step was taken, 0 in a database that was made with it.
 */
export async function readReplacedFrom(reader: Reader, step: number): Promise<number> {
  const [row] = await reader.query<{ made: number | null; since: number | null }>(
    `SELECT (SELECT applied FROM migration WHERE number = 1) AS made,
      (SELECT applied FROM migration WHERE number = ?) AS since`,
    [step],
  )
  if (!row || row.since === null) return Number.POSITIVE_INFINITY
  const isNew = row.made !== null && row.since - row.made <= MAKING_SECONDS
  return isNew ? 0 : row.since + WAIT_SECONDS
}
