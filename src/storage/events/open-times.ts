import type { Event, Severity } from '../../domain/event.ts'
import type { Reader } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { EventQuery } from '../ports/store.ts'
import { writeConditions } from './conditions.ts'

/** Rows that are read at most. */
const MAX_TIMES = 20_000

/** When events of a time were open, by slots; see `EventStore`. */
export async function listOpenTimes(reader: Reader, query: EventQuery, from: number, slot: number) {
  type Row = { severity: Severity; opened: number; closed: number | null; count: number }
  const times: Row[] = []
  // Earlier events count from the beginning of the period: otherwise each old event would be a row.
  const begin = 'CASE WHEN event.opened < ? THEN ? ELSE event.opened - event.opened % ? END'
  for (const { sql, values } of await writeConditions(reader, { ...query, status: 'open' }))
    times.push(
      ...(await reader.query<Row>(
        `SELECT severity, began AS opened, NULL AS closed, COUNT(*) AS count FROM
          (SELECT event.severity AS severity, ${begin} AS began FROM event ${sql}) open_events
          GROUP BY severity, began`,
        [from, from, slot, ...values],
      )),
    )
  for (const { sql, values } of await writeConditions(reader, { ...query, closedFrom: from }))
    times.push(
      ...(await reader.query<Row>(
        `SELECT severity, began AS opened, ended AS closed, COUNT(*) AS count FROM
          (SELECT event.severity AS severity, ${begin} AS began, event.closed - event.closed % ? AS ended
            FROM event ${sql}) closed_events
          GROUP BY severity, began, ended LIMIT ${MAX_TIMES}`,
        [from, from, slot, slot, ...values],
      )),
    )
  return times
}

/** When events of these hosts were open since `from`; see `EventStore`. */
export async function listOpenTimesOf(reader: Reader, hosts: readonly string[], from: number) {
  const times = new Map<string, Pick<Event, 'severity' | 'opened' | 'closed'>[]>()
  if (hosts.length === 0) return times
  // Their ids first: to look up the host of every event of the time costs ten times as much.
  const known = await reader.query<{ id: number; name: string }>(
    `SELECT id, name FROM host WHERE name IN (${placeValues(hosts.length)})`,
    hosts,
  )
  if (known.length === 0) return times
  const names = new Map(known.map(({ id, name }) => [id, name]))
  const ofThem = `event.host IN (${placeValues(known.length)})`
  // Two questions, each with an index of its own.
  for (const [condition, values] of [
    ['event.is_open = 1', []],
    ['event.is_open = 0 AND event.closed >= ?', [from]],
  ] as const) {
    const rows = await reader.query<
      { readonly host: number } & Pick<Event, 'severity' | 'opened' | 'closed'>
    >(
      `SELECT event.host AS host, event.severity AS severity, event.opened AS opened,
        CASE event.is_open WHEN 1 THEN NULL ELSE event.closed END AS closed
        FROM event WHERE ${condition} AND ${ofThem} LIMIT ${MAX_TIMES}`,
      [...values, ...names.keys()],
    )
    for (const { host, ...time } of rows) {
      const name = names.get(host) ?? ''
      const held = times.get(name)
      if (held) held.push(time)
      else times.set(name, [time])
    }
  }
  return times
}
