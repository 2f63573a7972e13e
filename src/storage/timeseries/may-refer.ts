import type { Reader } from '../database/database.ts'

/** The step of the schema from which on chunks may refer to others. */
const STEP = 32
/**
 * An event engine that was started before that step and stands by may become active. It would compact a late sample into a
 * chunk that others refer to and leave those as they are, so that nobody could read them any more. So chunks do not refer
 * before such an engine has surely been replaced.
 */
const WAIT_SECONDS = 7 * 86_400
/** A database whose first step is no older than this was made by a program that knows references. */
const MAKING_SECONDS = 600

/** Whether chunks that are written at `now` may refer to others. */
export async function readMayRefer(reader: Reader, now: number): Promise<boolean> {
  const [row] = await reader.query<{ made: number | null; since: number | null }>(
    `SELECT (SELECT applied FROM migration WHERE number = 1) AS made,
      (SELECT applied FROM migration WHERE number = ${STEP}) AS since`,
  )
  if (!row || row.since === null) return false
  return now - row.since >= WAIT_SECONDS || (row.made !== null && row.since - row.made <= MAKING_SECONDS)
}
