import type { Outage } from '../../domain/events/downtime.ts'
import { AVAILABILITY } from '../../domain/metrics/declared/server-events.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { Database } from '../database/database.ts'
import { IS_OUTAGE } from '../database/event-indexes.ts'
import type { KnownSpan } from '../ports/store.ts'
import { NO_HOST } from './event-rows.ts'

/** Rows read in one statement: on SQLite it delays all others while it runs. */
const ROWS = 2000
/** So many hosts are read one by one, more along the time of all. */
const FEW_HOSTS = 20

type OwnRow = { readonly opened: number; readonly closed: number | null; readonly end_unknown: number }
type OutageRow = OwnRow & {
  readonly id: number
  readonly host: string | null
  readonly members: string | null
}

const COLUMNS = `event.id AS id, host.name AS host, event.opened AS opened, event.closed AS closed,
  event.members AS members, event.end_unknown AS end_unknown`
const OF_SILENCE = IS_OUTAGE.replace('metric', 'event.metric')
const SELECT = `SELECT ${COLUMNS} FROM event LEFT JOIN host ON host.id = event.host`

/**
 * Events of one host, of which none has members, in no more columns than its index has: looking up each of some
 * hundred rows takes four times as long. Only an event without a length, as one of an unknown end is, is looked up.
 */
const SELECT_OWN = `SELECT event.opened AS opened, event.closed AS closed,
  CASE WHEN event.closed = event.opened THEN event.end_unknown ELSE 0 END AS end_unknown
  FROM event WHERE event.host = (SELECT id FROM host WHERE name = ?)`

/**
 * The outages of hosts that overlap the period from `from` to `to` (seconds since 1970), by host: events of
 * the availability metric. An event of several hosts is an outage of each of them. The outage of a host that
 * was not seen since has not ended, even if a user closed its event. Reads the events of the period by index,
 * piece by piece.
 */
export async function listOutages(
  database: Database,
  spans: readonly KnownSpan[],
  from: number,
  to: number,
): Promise<Map<string, Outage[]>> {
  const lastSeen = new Map(spans.map((span) => [span.name, span.lastSeen]))
  const byHost = new Map<string, Outage[]>()
  const add = (name: string, { opened, closed, end_unknown }: OwnRow) => {
    const seen = lastSeen.get(name)
    if (seen === undefined) return
    // The event was imported from the original product, which does not store the end of closed events.
    if (end_unknown === 1 && closed === opened) return
    const end = seen < opened ? null : closed
    if (end !== null && end < from) return
    const outages = byHost.get(name)
    if (outages) outages.push({ from: opened, to: end })
    else byHost.set(name, [{ from: opened, to: end }])
  }
  const known = new Set<number>()
  const take = (row: OutageRow) => {
    if (known.has(row.id)) return
    known.add(row.id)
    const members = row.members === null ? [] : (JSON.parse(row.members) as string[])
    for (const name of members.length > 0 ? members : [row.host ?? '']) add(name, row)
  }
  const metric = AVAILABILITY.name
  const ofSeveral = askOfSeveral(spans, from, to)
  if (spans.length <= FEW_HOSTS) {
    // Each by an index of its own: a host may have tens of thousands that ended before. The function keeps the index by
    // metric and opening out of it, which has all of these.
    const own = `${SELECT_OWN} AND COALESCE(event.metric, '') = ?`
    for (const { name, lastSeen } of spans)
      for (const [sql, values] of [
        [`${own} AND event.closed >= ? AND +event.opened <= ?`, [metric, from, to]],
        [`${own} AND event.closed IS NULL AND +event.opened <= ?`, [metric, to]],
        // Closed by hand, but the host was not seen since.
        [
          `${SELECT_OWN} AND event.metric = ? AND event.opened > ? AND event.opened <= ? AND event.closed < ?`,
          [metric, lastSeen, to, from],
        ],
      ] as const)
        for (const row of await database.query<OwnRow>(sql, [name, ...values])) add(name, row)
    for (const [sql, values] of ofSeveral)
      for (const row of await database.query<OutageRow>(sql, [...values])) take(row)
    return byHost
  }
  // Events that ended in the period or after it, in the order of the index, which knows its metric by the word; the plus
  // prevents the index by opening from being used.
  let last = { closed: from, id: 0 }
  for (;;) {
    const rows = await database.query<OutageRow & { closed: number }>(
      `${SELECT} WHERE ${OF_SILENCE} AND event.closed >= ? AND (event.closed > ? OR event.id > ?)
        AND +event.opened <= ? ORDER BY event.closed, event.id LIMIT ?`,
      [last.closed, last.closed, last.id, to, ROWS],
    )
    for (const row of rows) {
      take(row)
      last = row
    }
    if (rows.length < ROWS) break
    await yieldThread()
  }
  const open = `${SELECT} WHERE ${OF_SILENCE} AND event.closed IS NULL AND +event.opened <= ?`
  for (const row of await database.query<OutageRow>(open, [to])) take(row)
  await yieldThread()
  // Closed by hand, but the host was not seen since: looked up host by host.
  const unseen = `SELECT ${COLUMNS} FROM host CROSS JOIN event
    WHERE event.host = host.id AND event.metric = ? AND event.opened > host.last_seen AND event.opened <= ?`
  for (const [sql, values] of [[unseen, [metric, to]] as const, ...ofSeveral]) {
    for (const row of await database.query<OutageRow>(sql, [...values])) take(row)
    await yieldThread()
  }
  return byHost
}

/** Statements for the outages of several hosts, by the same indexes as those of one host above, of which some say why. */
function askOfSeveral(spans: readonly KnownSpan[], from: number, to: number) {
  const metric = AVAILABILITY.name
  const several = `${SELECT} WHERE event.host = ${NO_HOST}`
  const firstSeen = spans.reduce((first, span) => Math.min(first, span.lastSeen), to)
  return [
    [
      `${several} AND COALESCE(event.metric, '') = ? AND event.closed >= ? AND +event.opened <= ?`,
      [metric, from, to],
    ],
    [
      `${several} AND COALESCE(event.metric, '') = ? AND event.closed IS NULL AND +event.opened <= ?`,
      [metric, to],
    ],
    [
      `${several} AND event.metric = ? AND event.opened > ? AND event.opened <= ? AND event.closed < ?`,
      [metric, firstSeen, to, from],
    ],
  ] as const
}
