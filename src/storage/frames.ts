import type { Reader } from './database.ts'

export type FrameRow = {
  readonly time: number
  readonly samples: number
  readonly packed: Uint8Array
}

/**
 * The key of `frame` begins with the time, so one host's frames lie far apart. Hosts report at the same few times, so this
 * steps from each distinct time to the next, two look-ups a step, in place of reading what all hosts sent.
 * Parameters: from, to, to, host, limit.
 */
export const STEP_THROUGH_FRAMES = `WITH RECURSIVE step (time) AS (
    SELECT MIN(time) FROM frame WHERE time >= ? AND time <= ?
    UNION ALL
    SELECT (SELECT MIN(frame.time) FROM frame WHERE frame.time > step.time AND frame.time <= ?)
    FROM step WHERE step.time IS NOT NULL
  )
  SELECT frame.time AS time, frame.samples AS samples, frame.packed AS packed
  FROM step JOIN frame ON frame.time = step.time AND frame.host = ?
  LIMIT ?`

/** The same from the last time backwards. */
export const STEP_BACK_THROUGH_FRAMES = STEP_THROUGH_FRAMES.replaceAll('MIN(', 'MAX(')
  .replace('> step', '< step')
  .replace('frame.time <= ?', 'frame.time >= ?')

/** Ascending by time, both ends included, at most `limit`. */
export function readFrames(reader: Reader, host: number, from: number, to: number, limit = 0x7fffffff) {
  return reader.query<FrameRow>(STEP_THROUGH_FRAMES, [from, to, to, host, limit])
}

export async function findLastFrame(reader: Reader, host: number, from: number, to: number) {
  const [row] = await reader.query<FrameRow>(STEP_BACK_THROUGH_FRAMES, [from, to, from, host, 1])
  return row ?? null
}
