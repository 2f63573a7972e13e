import { reportMissingSamples } from '../../domain/events/data-gap.ts'
import { STORAGE_DAMAGE } from '../../domain/metrics/declared/server-events.ts'
import { readCounters } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { applyReports } from '../events/apply-reports.ts'
import { DAY_SECONDS } from '../timeseries/day.ts'

/** Days of hosts counted in one transaction. */
const DAYS_AT_ONCE = 200

type DayRow = { host: number; day: number; acknowledged: number; samples: number | null }

/**
 * Counts the samples in blocks of days that are compacted as a whole, and compares them with the acknowledged
 * ones. A day with fewer samples opens an event. True when more days are left.
 */
export async function countDays(database: Database, at: number): Promise<boolean> {
  const { compact_before: before, compact_host: host } = await readCounters(database)
  // Frames of a day that is being compacted are in their block or not yet.
  const end = Math.floor((host === -1 ? before : before - 1) / DAY_SECONDS)
  return database.transaction(async (transaction) => {
    const rows = await transaction.query<DayRow>(
      `SELECT sample_day.host AS host, sample_day.day AS day, sample_day.acknowledged AS acknowledged,
          block.samples AS samples
        FROM sample_day LEFT JOIN block ON block.day = sample_day.day AND block.host = sample_day.host
        WHERE sample_day.counted IS NULL AND sample_day.day < ? AND NOT EXISTS (SELECT 1 FROM late_frame
          WHERE late_frame.host = sample_day.host AND late_frame.time >= sample_day.day * ${DAY_SECONDS}
          AND late_frame.time < (sample_day.day + 1) * ${DAY_SECONDS})
        LIMIT ?`,
      [end, DAYS_AT_ONCE],
    )
    for (const { host: id, day, acknowledged, samples } of rows) {
      await transaction.run(
        'UPDATE sample_day SET counted = ? WHERE host = ? AND day = ? AND acknowledged = ?',
        [samples ?? 0, id, day, acknowledged],
      )
      await tell(transaction, { host: id, day, missing: acknowledged - (samples ?? 0), at })
    }
    return rows.length === DAYS_AT_ONCE
  })
}

type Counted = { readonly host: number; readonly day: number; readonly missing: number; readonly at: number }

async function tell(transaction: Transaction, { host, day, missing, at }: Counted) {
  const uid = `count:${day}`
  const [known] = await transaction.query<{ is_open: number }>(
    'SELECT is_open FROM event WHERE host = ? AND uid = ?',
    [host, uid],
  )
  if (missing <= 0 && known?.is_open !== 1) return
  const isDamaged = missing > 0 && (await wasDamaged(transaction, host, day))
  const date = new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10)
  const report = reportMissingSamples({ uid, date, missing, isDamaged, at })
  await applyReports(transaction, host, [{ ...report, status: missing > 0 ? 'open' : 'closed' }], {
    seen: at,
  })
}

/** Whether damage was found on the server's disk since the day: what was damaged is left out. */
export async function wasDamaged(
  reader: Pick<Database, 'query'>,
  host: number,
  day: number,
): Promise<boolean> {
  const rows = await reader.query(
    'SELECT id FROM event WHERE host = ? AND metric = ? AND opened >= ? LIMIT 1',
    [host, STORAGE_DAMAGE.name, day * DAY_SECONDS],
  )
  return rows.length > 0
}
