import type { Event, Severity } from '../../domain/event.ts'
import type { Reader } from '../database/database.ts'

/** An event as the database holds it. */
export type EventRow = {
  readonly id: number
  /** Null in an event of several hosts, or of one that is not watched. */
  readonly host: string | null
  readonly metric: string
  readonly severity: Severity
  readonly is_open: number
  readonly message: string
  readonly opened: number
  readonly closed: number | null
  readonly acknowledged_by: string | null
  readonly acknowledged: number | null
  readonly is_stale: number
  readonly members: string | null
  readonly end_unknown: number
  readonly value: number | null
  /** Null in an event of several hosts. */
  readonly name_order: string | null
}

/**
 * The value of `event.host` when the event is of several hosts, or of one that is not watched. No host has
 * this id.
 */
export const NO_HOST = 0

export const SELECT_EVENTS = `SELECT event.id AS id, host.name AS host, event.metric AS metric, event.severity AS severity,
  event.is_open AS is_open, event.message AS message, event.opened AS opened, event.closed AS closed,
  event.acknowledged_by AS acknowledged_by, event.acknowledged AS acknowledged, event.is_stale AS is_stale,
  event.members AS members, event.end_unknown AS end_unknown,
  event.value AS value, host.name_order AS name_order FROM event LEFT JOIN host ON host.id = event.host`

/**
 * The same for conditions that only events of one host or some hosts match. Each host's newest events are
 * then read along the index of its times until they are older than the page: some hundred rows in place of
 * all of these hosts.
 */
export const SELECT_EVENTS_OF_HOSTS = SELECT_EVENTS.replace('LEFT JOIN', 'JOIN')

export async function readEvent(reader: Reader, id: number): Promise<Event | null> {
  const [row] = await reader.query<EventRow>(`${SELECT_EVENTS} WHERE event.id = ?`, [id])
  return row ? toEvent(row) : null
}

export function toEvent(row: EventRow): Event {
  const members = row.members === null ? [] : (JSON.parse(row.members) as string[])
  return {
    id: row.id,
    host: row.host ?? (members.length === 1 ? members[0] : null) ?? `${members.length} hosts`,
    metric: row.metric,
    severity: row.severity,
    status: row.is_open === 1 ? 'open' : 'closed',
    message: row.message,
    value: row.value,
    opened: row.opened,
    closed: row.closed,
    acknowledgedBy: row.acknowledged_by,
    acknowledged: row.acknowledged,
    isStale: row.is_stale === 1,
    members,
    // After it was reopened and closed again its end is known.
    ...(row.end_unknown === 1 && row.closed === row.opened && { isEndUnknown: true }),
  }
}
