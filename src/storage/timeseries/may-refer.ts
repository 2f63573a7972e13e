import type { Reader } from '../database/database.ts'
import { readReplacedFrom } from '../database/upgraded.ts'

/** The step of the schema from which on chunks may refer to others. */
const STEP = 32

/**
 * Whether chunks that are written at `now` may refer to others. An event engine that was started before that step and
 * stands by may become active. It would compact a late sample into a chunk that others refer to and leave those as they
 * are, so that nobody could read them any more. So chunks do not refer before such an engine has surely been replaced.
 */
export async function readMayRefer(reader: Reader, now: number): Promise<boolean> {
  return now >= (await readReplacedFrom(reader, STEP))
}
