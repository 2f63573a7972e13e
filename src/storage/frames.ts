import type { Reader } from './database.ts'

export const FRAME_TABLES = ['frame', 'late_frame'] as const
export type FrameTable = (typeof FRAME_TABLES)[number]

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

/** The late ones, ascending by time, both ends included. */
export function readLateFrames(reader: Reader, host: number, from: number, to: number, limit = 0x7fffffff) {
  return reader.query<FrameRow>(
    'SELECT time, samples, packed FROM late_frame WHERE host = ? AND time >= ? AND time <= ? ORDER BY time LIMIT ?',
    [host, from, to, limit],
  )
}

export async function findLateExtent(reader: Reader, host: number) {
  const [row] = await reader.query<{ first: number | null; last: number | null }>(
    `SELECT (SELECT MIN(time) FROM late_frame WHERE host = ?) AS first,
      (SELECT MAX(time) FROM late_frame WHERE host = ?) AS last`,
    [host, host],
  )
  if (!row || row.first === null || row.last === null) return null
  return { first: row.first, last: row.last }
}

/**
 * Frames of the hosts behind `afterHost` up to `lastHost` at the next `times` distinct times, ascending. A time at which none of
 * them has a frame comes with a null host, so that the caller knows how far it got.
 */
export function readFramesOfHosts(
  reader: Reader,
  afterHost: number,
  lastHost: number,
  from: number,
  to: number,
  times: number,
) {
  return reader.query<{ time: number; host: number | null; packed: Uint8Array | null }>(
    `WITH RECURSIVE step (time, number) AS (
      SELECT MIN(time), 1 FROM frame WHERE time >= ? AND time <= ?
      UNION ALL
      SELECT (SELECT MIN(frame.time) FROM frame WHERE frame.time > step.time AND frame.time <= ?), number + 1
      FROM step WHERE step.time IS NOT NULL AND number < ?
    )
    SELECT step.time AS time, frame.host AS host, frame.packed AS packed
    FROM step LEFT JOIN frame ON frame.time = step.time AND frame.host > ? AND frame.host <= ?
    WHERE step.time IS NOT NULL`,
    [from, to, to, times, afterHost, lastHost],
  )
}
