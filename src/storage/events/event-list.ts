import { type Event, SEVERITIES } from '../../domain/event.ts'
import type { Database } from '../database/database.ts'
import type { EventOrder, EventQuery } from '../ports/store.ts'
import { type SqlCondition, writeConditions } from './conditions.ts'
import { countEvents, MAX_COUNTED } from './event-counts.ts'
import { type EventRow, SELECT_EVENTS, SELECT_EVENTS_OF_HOSTS, toEvent } from './event-rows.ts'

const MAX_LIMIT = 1000

function writeOrder(order: EventOrder, isFew: boolean): string {
  // The function keeps the index by time out of it: so few rows are sorted sooner than looked for along time.
  const opened = isFew ? 'COALESCE(event.opened, 0)' : 'event.opened'
  if (order === 'severity') return `event.severity, ${opened} DESC, event.id DESC`
  if (order === 'oldest') return `${opened}, event.id`
  if (order === 'host') return 'host.name_order, host.name, event.severity, event.opened DESC, event.id DESC'
  return `${opened} DESC, event.id DESC`
}

function compareRows(order: EventOrder): (a: EventRow, b: EventRow) => number {
  const byTime = (a: EventRow, b: EventRow) => b.opened - a.opened || b.id - a.id
  if (order === 'oldest') return (a, b) => byTime(b, a)
  if (order === 'severity') return (a, b) => a.severity - b.severity || byTime(a, b)
  if (order !== 'host') return byTime
  return (a, b) => {
    const [first, second] = [a.name_order ?? '', b.name_order ?? '']
    return first < second ? -1 : first > second ? 1 : a.severity - b.severity || byTime(a, b)
  }
}

/** Open events of one host are so few that all of them are sorted sooner than they are looked for severity by severity. */
const isOfOneHost = ({ host, status }: EventQuery) => host !== undefined && status === 'open'

/** Pages of events, in each of their orders. */
export class EventList {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** At most 1000 events, and the number of all that match, as far as they are counted. */
  async read(query: EventQuery): Promise<{ total: number; isMore: boolean; events: Event[] }> {
    const conditions = await writeConditions(this.#database, query)
    const limit = Math.min(Math.max(query.limit ?? MAX_LIMIT, 0), MAX_LIMIT)
    const offset = Math.max(query.offset ?? 0, 0)
    const { order = 'newest' } = query
    const events =
      order === 'severity' && !isOfOneHost(query)
        ? await this.readWorst(query, limit, offset)
        : await this.#readPage(conditions, { limit, offset, order })
    // A first page that is not full has all of them.
    const isAll = offset === 0 && events.length < limit
    const total = isAll || query.isCounted === false ? events.length : await this.#countUpTo(conditions)
    return { total: Math.min(total, MAX_COUNTED), isMore: total > MAX_COUNTED, events }
  }

  /** Reads one page of the events that match any of the conditions; no event matches two of them. */
  async #readPage(
    conditions: readonly SqlCondition[],
    { limit, offset, order }: { readonly limit: number; readonly offset: number; readonly order: EventOrder },
  ): Promise<Event[]> {
    const [only] = conditions
    if (only === undefined || limit <= 0) return []
    const read = async ({ sql, values, isFew, isOfHosts }: SqlCondition, most: number, skip: number) =>
      this.#database.query<EventRow>(
        `${isOfHosts ? SELECT_EVENTS_OF_HOSTS : SELECT_EVENTS} ${sql}
          ORDER BY ${writeOrder(order, isFew === true)} LIMIT ? OFFSET ?`,
        [...values, most, skip],
      )
    if (conditions.length === 1) return (await read(only, limit, offset)).map(toEvent)
    const rows: EventRow[] = []
    for (const condition of conditions) rows.push(...(await read(condition, offset + limit, 0)))
    return rows
      .sort(compareRows(order))
      .slice(offset, offset + limit)
      .map(toEvent)
  }

  /** Severity by severity, each from its index: sorting all open events takes longer than reading a page of them. */
  async readWorst(query: EventQuery, limit: number, offset: number): Promise<Event[]> {
    const events: Event[] = []
    let skip = offset
    for (const severity of SEVERITIES) {
      if (query.severity !== undefined && query.severity !== severity) continue
      const conditions = await writeConditions(this.#database, { ...query, severity })
      const left = limit - events.length
      const found = await this.#readPage(conditions, { limit: left, offset: skip, order: 'newest' })
      events.push(...found)
      if (events.length >= limit) break
      skip = found.length > 0 || skip === 0 ? 0 : Math.max(0, skip - (await this.#countUpTo(conditions)))
    }
    return events
  }

  /**
   * The number of matching events, up to one more than `MAX_COUNTED`: counting a million would delay all
   * other statements.
   */
  async #countUpTo(conditions: readonly SqlCondition[]): Promise<number> {
    let total = 0
    for (const condition of conditions) {
      total += await countEvents(this.#database, condition, MAX_COUNTED + 1 - total)
      if (total > MAX_COUNTED) break
    }
    return total
  }
}
