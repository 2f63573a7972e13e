import { yieldThread } from '../../lib/yield-thread.ts'
import type { Reader } from '../database/database.ts'
import type { Dialect } from '../database/dialect.ts'

/** Tables of frames that are samples. */
export const FRAME_TABLES = ['frame', 'late_frame'] as const
/** Tables of packed frames, also of those whose time is in the future. */
export const PACKED_FRAME_TABLES = [...FRAME_TABLES, 'waiting_frame'] as const
export type FrameTable = (typeof PACKED_FRAME_TABLES)[number]

/** Frames looked at in one statement: a few milliseconds. */
const FRAMES_AT_ONCE = 5000
/** Frames looked at before a host each counts as there: a day of seventy hosts that report each minute. */
const MOST_FRAMES = 100_000
/** With more than one host in so many there is little to skip. */
const SPARSE = 8

export type FrameRow = {
  readonly time: number
  readonly packed: Uint8Array
}

/**
 * The key of `frame` begins with the time, so one host's frames are far apart. Hosts report at the same few
 * times, so this steps from each distinct time to the next, two look-ups a step, instead of reading the
 * frames of all hosts. Parameters: from, to, to (backwards: from), host, limit.
 */
export function stepThroughFrames(dialect: Dialect, { back = false } = {}): string {
  return `${dialect.stepThrough('frame', 'time', { back })}
    SELECT frame.time AS time, frame.packed AS packed
    FROM step JOIN frame ON frame.time = step.value AND frame.host = ?
    ${dialect.stepOrder(back)} LIMIT ?`
}

/** From one time to another, both ends included, at most `limit` frames. */
export type FrameRange = { readonly from: number; readonly to: number; readonly limit?: number }

export const ALL_TIME: FrameRange = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** Ascending by time, both ends included, at most `limit`. */
export function readFrames(reader: Reader, host: number, { from, to, limit = 0x7fffffff }: FrameRange) {
  return reader.query<FrameRow>(stepThroughFrames(reader.dialect), [from, to, to, host, limit])
}

/** Samples in the frames of a host, the late ones among them. */
export async function countFrameSamples(reader: Reader, host: number): Promise<number> {
  const [row] = await reader.query<{ samples: number | null }>(
    `${reader.dialect.stepThrough('frame', 'time')}
      SELECT SUM(frame.samples) AS samples FROM step JOIN frame ON frame.time = step.value AND frame.host = ?`,
    [0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, host],
  )
  const [late] = await reader.query<{ samples: number | null }>(
    'SELECT SUM(samples) AS samples FROM late_frame WHERE host = ?',
    [host],
  )
  return Number(row?.samples ?? 0) + Number(late?.samples ?? 0)
}

export async function findLastFrame(reader: Reader, host: number, from: number, to: number) {
  const [row] = await reader.query<FrameRow>(stepThroughFrames(reader.dialect, { back: true }), [
    from,
    to,
    from,
    host,
    1,
  ])
  return row ?? null
}

/** The late ones, ascending by time, both ends included. */
export function readLateFrames(
  reader: Reader,
  host: number,
  {
    from,
    to,
    limit = 0x7fffffff,
    lock = '',
  }: { readonly from: number; readonly to: number; readonly limit?: number; readonly lock?: string },
) {
  return reader.query<FrameRow>(
    `SELECT time, packed FROM late_frame WHERE host = ? AND time >= ? AND time <= ?
      ORDER BY time LIMIT ? ${lock}`,
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
 * Frames of the hosts after `afterHost` up to `lastHost` at the next `times` distinct times, ascending. A
 * time at which none of them has a frame is returned with a null host, so that the caller knows up to which
 * time the rows go.
 */
export function readFramesOfHosts(
  reader: Reader,
  {
    afterHost,
    lastHost,
    from,
    to,
    times,
  }: {
    readonly afterHost: number
    readonly lastHost: number
    readonly from: number
    readonly to: number
    readonly times: number
  },
) {
  return reader.query<{ time: number; host: number | null; packed: Uint8Array | null }>(
    `${reader.dialect.stepThrough('frame', 'time', { limited: true })}
    SELECT step.value AS time, frame.host AS host, frame.packed AS packed
    FROM step ${reader.dialect.framesOfStep}
    WHERE step.value IS NOT NULL ${reader.dialect.stepOrder()}`,
    [from, to, to, times, afterHost, lastHost],
  )
}

/**
 * Ids of the hosts that have frames older than `before`, ascending; null where these are many or have many frames. The days
 * that one host sent after weeks without a server are compacted without a look at each other host for each of them.
 */
export async function findHostsOfFrames(reader: Reader, before: number): Promise<readonly number[] | null> {
  const [fleet] = await reader.query<{ total: number }>('SELECT COUNT(*) AS total FROM host')
  const most = Math.floor(Number(fleet?.total ?? 0) / SPARSE)
  const found = new Set<number>()
  let last = { time: -1, host: -1 }
  for (let looked = 0; looked < MOST_FRAMES; looked += FRAMES_AT_ONCE) {
    const rows = await reader.query<{ time: number; host: number }>(
      `SELECT time, host FROM frame WHERE time >= ? AND time < ? AND (time > ? OR host > ?)
        ORDER BY time, host LIMIT ?`,
      [last.time, before, last.time, last.host, FRAMES_AT_ONCE],
    )
    for (const row of rows) {
      found.add(row.host)
      last = row
    }
    if (found.size > most) return null
    if (rows.length < FRAMES_AT_ONCE) return [...found].sort((a, b) => a - b)
    await yieldThread()
  }
  return null
}
