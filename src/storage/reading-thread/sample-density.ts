import type { Database } from '../database/database.ts'
import { dayOf } from '../timeseries/day.ts'
import { stepThroughFrames } from '../timeseries/frames.ts'
import { unpackMetrics } from '../timeseries/metric-sets.ts'

/** Where nothing is known of a host, and at least: a sample a minute. */
export const USUAL_DENSITY = 1 / 60
/** Seconds before the newest frame in which the one before is looked for. */
const LOOK_BACK = 120

/** Samples of one metric a second that a host has lately, from 1/60 to 1: by its two newest frames and its newest days. */
export async function readDensity(database: Database, host: string): Promise<number> {
  const [found] = await database.query<{ id: number; known: number | null; newest: number | null }>(
    'SELECT id, latest_time AS known, (SELECT MAX(time) FROM frame) AS newest FROM host WHERE name = ?',
    [host],
  )
  // What is known of a new host is written down later than its frames.
  const latest = found?.known || found?.newest
  if (!found || !latest) return USUAL_DENSITY
  const since = latest - LOOK_BACK
  const [newest, before] = await database.query<{ time: number }>(
    stepThroughFrames(database.dialect, { back: true }),
    [since, latest, since, found.id, 2],
  )
  const ofFrames = newest && before ? 1 / (newest.time - before.time) : 0
  const day = dayOf(latest)
  const blocks = await database.query<BlockSize>(
    'SELECT samples, first_time AS first, last_time AS last, metrics FROM block WHERE host = ? AND day IN (?, ?)',
    [found.id, day, day - 1],
  )
  return Math.min(1, Math.max(USUAL_DENSITY, ofFrames, ...blocks.map(densityOf)))
}

type BlockSize = {
  readonly samples: number
  readonly first: number
  readonly last: number
  readonly metrics: Uint8Array
}

/** 0 for a row that is damaged. */
function densityOf({ samples, first, last, metrics }: BlockSize): number {
  try {
    const density = samples / Math.max(1, unpackMetrics(metrics).length) / Math.max(1, last - first)
    return Number.isFinite(density) ? density : 0
  } catch {
    return 0
  }
}
