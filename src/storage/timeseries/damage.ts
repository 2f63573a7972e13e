import { reportDamage } from '../../domain/events/storage-damage.ts'
import { STORAGE_DAMAGE } from '../../domain/metrics/declared/server-events.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError, type Log } from '../../lib/log.ts'
import type { Database } from '../database/database.ts'
import { NewerSchemaError, readSchemaVersion, SCHEMA_VERSION } from '../database/migrations.ts'
import { applyReports } from '../events/apply-reports.ts'
import { findBody, openFrame, readMetricSetAt } from './codec/frame.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import type { FrameRow } from './frames.ts'

/** Samples that are stored but can't be what was written; they are left out wherever samples are read. */
export type Damage = {
  /** Id of the host. */
  readonly host: number
  /** Days since 1970, UTC. */
  readonly day: number
  /** Id of the metric; null when all metrics of the day, or of a frame, are concerned. */
  readonly metric: number | null
  readonly problem: string
}

/** Takes note of damage that was found; it never throws. */
export type NoteDamage = (damage: Damage) => void

/**
 * The number of different places remembered, so that each is logged once. Beyond it the memory is cleared.
 */
const MAX_REMEMBERED = 10_000

export type DamageLog = {
  readonly note: NoteDamage
  /** Resolves when the events of what was noted so far are written. */
  settle(): Promise<void>
}

/**
 * Logs each damaged place once a process and opens an event of its host, which stays open until `db check`
 * finds nothing. Where a newer program has upgraded the database meanwhile, it may only look like damage to this one: then
 * there is no event.
 */
export function createDamageLog(database: Database, clock: Clock, log: Log): DamageLog {
  const known = new Set<string>()
  let working: Promise<void> = Promise.resolve()

  async function open(damage: Damage) {
    try {
      const place = await describePlace(database, damage)
      const schema = await readSchemaVersion(database)
      if (schema > SCHEMA_VERSION) {
        const error = describeError(new NewerSchemaError(schema))
        return log.error('stored samples of a newer program are left out', { place, error })
      }
      log.error('stored samples are damaged and left out', { place, problem: damage.problem })
      await database.transaction((transaction) =>
        applyReports(transaction, damage.host, [reportDamage(clock.now(), 'open', place)]),
      )
    } catch (error) {
      log.warn('damage could not be reported as an event', { error: describeError(error) })
    }
  }

  return {
    note(damage) {
      const key = `${damage.host} ${damage.day} ${damage.metric}`
      if (known.has(key)) return
      if (known.size >= MAX_REMEMBERED) known.clear()
      known.add(key)
      working = working.then(() => open(damage))
    },
    settle: () => working,
  }
}

/** Closes the events of damage: nothing is damaged any more. */
export async function closeDamageEvents(database: Database, at: number) {
  const open = await database.query<{ host: number }>(
    'SELECT host FROM event WHERE seen_open = 1 AND metric = ?',
    [STORAGE_DAMAGE.name],
  )
  for (const { host } of open)
    await database.transaction((transaction) =>
      applyReports(transaction, host, [reportDamage(at, 'closed', '')]),
    )
}

/** `host web01, metric perf.processor.percent.used, 2026-01-10`. */
export async function describePlace(
  database: Pick<Database, 'query'>,
  { host, day, metric }: Pick<Damage, 'host' | 'day' | 'metric'>,
): Promise<string> {
  const [known] = await database.query<{ name: string }>('SELECT name FROM host WHERE id = ?', [host])
  const [named] =
    metric === null
      ? []
      : await database.query<{ name: string }>('SELECT name FROM metric WHERE id = ?', [metric])
  const subject = metric === null ? 'all metrics' : `metric ${named?.name ?? metric}`
  return `host ${known?.name ?? host}, ${subject}, ${writeDate(day)}`
}

/** A damaged day number may be outside of the calendar. */
function writeDate(day: number): string {
  const date = new Date(day * DAY_SECONDS * 1000)
  return Number.isNaN(date.getTime()) ? `day ${day}` : date.toISOString().slice(0, 10)
}

/** The frames without their heads; those that are damaged are noted and left out. */
export function openFrames<T extends Pick<FrameRow, 'time' | 'packed'>>(
  rows: readonly T[],
  host: number,
  note: NoteDamage,
): { readonly row: T; readonly time: number; readonly body: Uint8Array }[] {
  return rows.flatMap((row) => {
    const body = openFrameOr(row, host, note)
    return body ? [{ row, time: row.time, body }] : []
  })
}

/** Where the bodies of the frames begin, and their metric sets; damaged frames are noted and left out. */
export function findBodies<T extends Pick<FrameRow, 'time' | 'packed'>>(
  rows: readonly T[],
  host: number,
  note: NoteDamage,
): { readonly row: T; readonly at: number; readonly metricSet: number }[] {
  const found: { readonly row: T; readonly at: number; readonly metricSet: number }[] = []
  for (const row of rows)
    try {
      const at = findBody(row.packed, row.time, host)
      found.push({ row, at, metricSet: readMetricSetAt(row.packed, at) })
    } catch (error) {
      note({ host, day: dayOf(row.time), metric: null, problem: describeError(error) })
    }
  return found
}

/** Null for a frame that is damaged, which is noted. */
export function openFrameOr(
  { time, packed }: Pick<FrameRow, 'time' | 'packed'>,
  host: number,
  note: NoteDamage,
): Uint8Array | null {
  try {
    return openFrame(packed, time, host)
  } catch (error) {
    note({ host, day: dayOf(time), metric: null, problem: describeError(error) })
    return null
  }
}

/**
 * The host's copy of its newest frame without its head. Null when there is none or it is damaged: the frame
 * itself is read from its table, and the next received frame replaces the copy.
 */
export function openLatest(row: {
  readonly id: number
  readonly latest_time: number
  readonly latest: Uint8Array | null
}): Uint8Array | null {
  if (!row.latest) return null
  try {
    return openFrame(row.latest, row.latest_time, row.id)
  } catch {
    return null
  }
}
