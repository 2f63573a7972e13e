import type { Severity } from '../../domain/event.ts'
import type { OpenPeriod } from '../../domain/hosts/state-history.ts'
import { AVAILABILITY } from '../../domain/metrics/declared/server-events.ts'
import type { Reader } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { EventQuery } from '../ports/store.ts'
import { writeConditions } from './conditions.ts'
import { NO_HOST } from './event-rows.ts'

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
export async function listOpenTimesOf(
  reader: Reader,
  hosts: readonly string[],
  { from, slot }: { readonly from: number; readonly slot: number },
): Promise<Map<string, OpenPeriod[]>> {
  const times = new Map<string, OpenPeriod[]>()
  if (hosts.length === 0) return times
  // Their ids first: to look up the host of every event of the time costs ten times as much.
  const known = await reader.query<{ id: number; name: string }>(
    `SELECT id, name FROM host WHERE name IN (${placeValues(hosts.length)})`,
    hosts,
  )
  if (known.length === 0) return times
  const names = new Map(known.map(({ id, name }) => [id, name]))
  const wanted = new Set(names.values())
  const add = (name: string, time: OpenPeriod) => {
    const held = times.get(name)
    if (held) held.push(time)
    else times.set(name, [time])
  }
  const ofThem = `event.host IN (${placeValues(known.length)})`
  const begin = 'CASE WHEN event.opened < ? THEN ? ELSE event.opened - (event.opened - ?) % ? END'
  const isSilence = `CASE event.metric WHEN '${AVAILABILITY.name}' THEN 1 ELSE 0 END`
  // Both from the index of a host's events by their end, which has all of these columns.
  for (const [end, condition, values] of [
    ['NULL', 'event.closed IS NULL', []],
    ['event.closed + (? - (event.closed - ?) % ?) % ?', 'event.closed >= ?', [from]],
  ] as const) {
    const rows = await reader.query<{
      readonly host: number
      readonly severity: Severity
      readonly began: number
      readonly ended: number | null
      readonly silent: number
      readonly count: number
    }>(
      `SELECT host, severity, began, ended, silent, COUNT(*) AS count FROM
        (SELECT event.host AS host, event.severity AS severity, ${begin} AS began, ${end} AS ended, ${isSilence} AS silent
          FROM event WHERE ${ofThem} AND ${condition}) host_events
        GROUP BY host, severity, began, ended, silent`,
      [
        from,
        from,
        from,
        slot,
        ...(end === 'NULL' ? [] : [slot, from, slot, slot]),
        ...names.keys(),
        ...values,
      ],
    )
    for (const { host, severity, began, ended, silent, count } of rows)
      add(names.get(host) ?? '', { severity, opened: began, closed: ended, count, isSilence: silent === 1 })
  }
  await addShared(reader, from, (name, time) => {
    if (wanted.has(name)) add(name, time)
  })
  return times
}

/** Events of several hosts since `from`, once for each of them. They are few: hosts that fell silent together. */
async function addShared(reader: Reader, from: number, add: (name: string, time: OpenPeriod) => void) {
  for (const [condition, values] of [
    ['event.closed IS NULL', []],
    ['event.closed >= ?', [from]],
  ] as const) {
    const rows = await reader.query<{
      readonly severity: Severity
      readonly opened: number
      readonly closed: number | null
      readonly metric: string
      readonly members: string
    }>(
      `SELECT severity, opened, closed, metric, members FROM event
        WHERE event.host = ${NO_HOST} AND ${condition} AND event.members IS NOT NULL`,
      values,
    )
    for (const { severity, opened, closed, metric, members } of rows)
      for (const name of JSON.parse(members) as string[])
        add(name, { severity, opened, closed, count: 1, isSilence: metric === AVAILABILITY.name })
  }
}
