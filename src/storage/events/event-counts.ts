import type { Severity, SeverityCounts } from '../../domain/event.ts'
import type { Reader, Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { EventQuery } from '../ports/store.ts'
import { type SqlCondition, writeConditions } from './conditions.ts'

/** Matching events are counted up to this number; above it, the list only shows that there are more. */
export const MAX_COUNTED = 10_000
/** Open events that a map of all hosts shows. */
export const MAX_STATES = 20_000

const NONE_OPEN: SeverityCounts = { 1: 0, 2: 0, 3: 0, 4: 0 }

/** The number of matching events, at most `most`. */
export async function countEvents(reader: Reader, condition: SqlCondition, most: number): Promise<number> {
  const { countSql, openOrClosedSql, values } = condition
  if (openOrClosedSql !== undefined) {
    // Of so many more than are open in all, enough are closed: to look up each of ten thousand takes as long as the page.
    const open = await countUpTo(reader, 'WHERE event.is_open = 1', [], most)
    const all = most + open
    if (open < most && (await countUpTo(reader, openOrClosedSql, values, all)) === all) return most
  }
  return countUpTo(reader, countSql, values, most)
}

async function countUpTo(reader: Reader, where: string, values: readonly Value[], most: number) {
  const [row] = await reader.query<{ total: number }>(
    `SELECT COUNT(*) AS total FROM (SELECT event.id FROM event ${where} LIMIT ?) counted`,
    [...values, most],
  )
  return row?.total ?? 0
}

export async function countBySeverity(reader: Reader, query: EventQuery): Promise<SeverityCounts> {
  const counts = { ...NONE_OPEN }
  for (const condition of await writeConditions(reader, query)) {
    const { sql, countSql, values, isFew = false } = condition
    // All of them need no order, and are then counted in an index that has no times.
    const isAll =
      (countSql !== sql || isFew) && (await countEvents(reader, condition, MAX_COUNTED + 1)) <= MAX_COUNTED
    const counted = isAll ? countSql : `${sql} ORDER BY event.opened DESC`
    const rows = await reader.query<{ severity: Severity; total: number }>(
      `SELECT severity, COUNT(*) AS total FROM
        (SELECT event.severity AS severity FROM event ${counted} LIMIT ?) newest
        GROUP BY severity`,
      [...values, MAX_COUNTED],
    )
    for (const { severity, total } of rows) counts[severity] += total
  }
  return counts
}

/** Of each of these hosts that has open events. */
export async function countOpenOf(
  reader: Reader,
  hosts: readonly string[],
): Promise<Map<string, SeverityCounts>> {
  const counts = new Map<string, SeverityCounts>()
  if (hosts.length === 0) return counts
  // CROSS: hosts first, each with its own few; SQLite would go through all open events.
  const rows = await reader.query<{ name: string; severity: Severity; total: number }>(
    `SELECT host.name AS name, event.severity AS severity, COUNT(*) AS total FROM host
        CROSS JOIN event ON event.is_open = 1 AND event.host = host.id
        WHERE host.name IN (${placeValues(hosts.length)}) GROUP BY host.id, host.name, event.severity`,
    hosts,
  )
  for (const { name, severity, total } of rows)
    counts.set(name, { ...(counts.get(name) ?? NONE_OPEN), [severity]: total })
  return counts
}
