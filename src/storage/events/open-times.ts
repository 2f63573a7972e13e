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

export type OpenTimesOptions = {
  readonly from: number
  readonly slot: number
  /** Events that are read one by one at the most; beyond that the database groups them. */
  readonly most?: number
}

/** Grouping so many events of one host here takes a quarter of the time that the database takes. */
const MOST_SINGLE = 20_000

/** When events of these hosts were open since `from`; see `EventStore`. */
export async function listOpenTimesOf(
  reader: Reader,
  hosts: readonly string[],
  { from, slot, most = MOST_SINGLE }: OpenTimesOptions,
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
  const ids = [...names.keys()]
  const single = await readSingle(reader, ids, from, most)
  const rows = single === null ? await readGrouped(reader, ids, from, slot) : groupBySlot(single, from, slot)
  for (const { host, severity, opened, closed, silent, count } of rows)
    add(names.get(host) ?? '', { severity, opened, closed, count, isSilence: silent === 1 })
  await addShared(reader, from, (name, time) => {
    if (wanted.has(name)) add(name, time)
  })
  return times
}

type OwnTime = {
  readonly host: number
  readonly severity: Severity
  readonly opened: number
  readonly closed: number | null
  readonly silent: 0 | 1
}
type OwnTimes = OwnTime & { readonly count: number }

const IS_SILENCE = `CASE event.metric WHEN '${AVAILABILITY.name}' THEN 1 ELSE 0 END`

/** Which events are read, from the index of a host's events by their end, which has all columns that are needed. */
const listParts = (hosts: readonly number[], from: number) =>
  [
    { sql: `event.host IN (${placeValues(hosts.length)}) AND event.closed IS NULL`, values: hosts },
    { sql: `event.host IN (${placeValues(hosts.length)}) AND event.closed >= ?`, values: [...hosts, from] },
  ] as const

/** Null where there are more than `most`. */
async function readSingle(
  reader: Reader,
  hosts: readonly number[],
  from: number,
  most: number,
): Promise<OwnTime[] | null> {
  const found: OwnTime[] = []
  for (const { sql, values } of listParts(hosts, from)) {
    const rows = await reader.query<OwnTime>(
      `SELECT event.host AS host, event.severity AS severity, event.opened AS opened, event.closed AS closed,
        ${IS_SILENCE} AS silent FROM event WHERE ${sql} LIMIT ?`,
      [...values, most + 1],
    )
    if (rows.length > most) return null
    found.push(...rows)
  }
  return found
}

/** Ends in slots that lie further ahead are one: no clock is so wrong. */
const MOST_SLOTS = 2 ** 24

/** As `readGrouped` does it. */
function groupBySlot(rows: readonly OwnTime[], from: number, slot: number): Iterable<OwnTimes> {
  const groups = new Map<number, Map<number, OwnTimes & { count: number }>>()
  for (const { host, severity, opened, closed, silent } of rows) {
    const first = Math.max(0, Math.floor((opened - from) / slot))
    const end = closed === null ? null : Math.min(MOST_SLOTS - 2, Math.ceil((closed - from) / slot))
    let own = groups.get(host)
    if (own === undefined) {
      own = new Map()
      groups.set(host, own)
    }
    const key = ((first * MOST_SLOTS + (end === null ? 0 : end + 1)) * 8 + severity) * 2 + silent
    const held = own.get(key)
    if (held) held.count++
    else
      own.set(key, {
        ...{ host, severity, silent, count: 1 },
        opened: from + first * slot,
        closed: end === null ? null : from + end * slot,
      })
  }
  return [...groups.values()].flatMap((own) => [...own.values()])
}

async function readGrouped(
  reader: Reader,
  hosts: readonly number[],
  from: number,
  slot: number,
): Promise<OwnTimes[]> {
  const found: OwnTimes[] = []
  const begin = 'CASE WHEN event.opened < ? THEN ? ELSE event.opened - (event.opened - ?) % ? END'
  const end = 'event.closed + (? - (event.closed - ?) % ?) % ?'
  for (const { sql, values } of listParts(hosts, from))
    found.push(
      ...(await reader.query<OwnTimes>(
        `SELECT host, severity, began AS opened, ended AS closed, silent, COUNT(*) AS count FROM
          (SELECT event.host AS host, event.severity AS severity, ${begin} AS began, ${end} AS ended,
            ${IS_SILENCE} AS silent FROM event WHERE ${sql}) host_events
          GROUP BY host, severity, began, ended, silent`,
        [...[from, from, from, slot], ...[slot, from, slot, slot], ...values],
      )),
    )
  return found
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
