import type { Host } from '../../domain/hosts/host.ts'
import type { Database } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { HostQuery } from '../ports/store.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { type HostCondition, whereHosts } from './host-conditions.ts'
import { foldCase } from './host-facts.ts'
import { HOST_COLUMNS, type HostRow, toHosts } from './host-rows.ts'
import { isValueSort, orderByValue, VALUE_SORTS } from './sort-by-metric.ts'

const MAX_LIMIT = 1000

/** Each of them is an index of the table: a page of the list reads its own rows and no others. */
const ORDERS: Record<
  Exclude<NonNullable<HostQuery['sort']>, 'status' | 'events' | TextSort | keyof typeof VALUE_SORTS>,
  readonly string[]
> = {
  name: ['name_order', 'id'],
  last_seen: ['last_seen', 'name'],
}

/**
 * Orders that are wanted too rarely for an index that weighs as much as their texts, by the column: some 5 ms
 * of ten thousand hosts.
 */
const TEXT_SORTS = { ip: 'ip_order', domain: 'domain', platform: 'platform' } as const

type TextSort = keyof typeof TEXT_SORTS

const isTextSort = (sort: string): sort is TextSort => Object.hasOwn(TEXT_SORTS, sort)

/** The most severe open event of each host that has one. */
const WORST = `LEFT JOIN (SELECT host AS troubled, MIN(severity) AS worst FROM event WHERE is_open = 1 GROUP BY host) trouble
  ON trouble.troubled = host.id`
/** Names that begin with a text, then those that have it in them. What is searched begins with the name and a line break. */
const NAME_RANK = `CASE INSTR(search_text, ?) WHEN 1 THEN 0 ELSE
  CASE WHEN INSTR(search_text, ?) < INSTR(search_text, ?) THEN 1 ELSE 2 END END`
/** Sorts after every severity. */
const BEYOND = 9

/** Pages of the list of hosts, in each of its orders. */
export class HostList {
  readonly #database: Database
  readonly #metricSets: MetricSetReader

  constructor(database: Database, metricSets: MetricSetReader) {
    this.#database = database
    this.#metricSets = metricSets
  }

  /** At most 1000 hosts, and the number of all that match. */
  async read(query: HostQuery): Promise<{ total: number; hosts: Host[] }> {
    const limit = Math.min(Math.max(query.limit ?? MAX_LIMIT, 0), MAX_LIMIT)
    const offset = Math.max(query.offset ?? 0, 0)
    const total = await this.count(whereHosts(query))
    const rows = await this.#listSorted(query, limit, offset)
    return { total, hosts: await toHosts(this.#database, this.#metricSets, rows) }
  }

  /** The number of matching hosts. */
  async count({ sql, values }: HostCondition): Promise<number> {
    const [row] = await this.#database.query<{ total: number }>(
      `SELECT COUNT(*) AS total FROM host ${sql}`,
      values,
    )
    return row?.total ?? 0
  }

  #listRows(
    { sql, values }: HostCondition,
    {
      order,
      limit,
      offset,
      join = '',
    }: { readonly order: string; readonly limit: number; readonly offset: number; readonly join?: string },
  ) {
    return this.#database.query<HostRow>(
      `SELECT ${HOST_COLUMNS} FROM host ${join} ${sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
      [...values, limit, offset],
    )
  }

  /** One group after the other, each by name: no index could know the line between up and down. */
  async #listByStatus(query: HostQuery, limit: number, offset: number): Promise<HostRow[]> {
    const groups = query.descending ? (['up', 'down'] as const) : (['down', 'up'] as const)
    const rows: HostRow[] = []
    let skip = offset
    for (const status of groups) {
      if (query.status && query.status !== status) continue
      const condition = whereHosts({ ...query, status })
      // The expression keeps the index of names out of it: those that are down are few, and sorting them is
      // quick.
      const order = status === 'down' ? "COALESCE(name_order, '')" : 'name_order, id'
      if (rows.length < limit)
        rows.push(...(await this.#listRows(condition, { order, limit: limit - rows.length, offset: skip })))
      // Once a row of it was wanted, the next group begins at its start.
      skip = rows.length > 0 ? 0 : skip - (await this.count(condition))
      if (skip < 0) skip = 0
    }
    return rows
  }

  async #listByValue(
    query: HostQuery,
    sort: keyof typeof VALUE_SORTS,
    limit: number,
    offset: number,
  ): Promise<HostRow[]> {
    const page = { isDescending: query.descending === true, limit, offset }
    const ids = await orderByValue(this.#database, this.#metricSets, VALUE_SORTS[sort], {
      condition: whereHosts(query),
      page,
    })
    return this.#readInOrder(ids)
  }

  async #listByText(query: HostQuery, sort: TextSort, limit: number, offset: number): Promise<HostRow[]> {
    const { sql, values } = whereHosts(query)
    const direction = query.descending ? ' DESC' : ''
    const rows = await this.#database.query<{ id: number }>(
      `SELECT id FROM host ${sql} ORDER BY ${TEXT_SORTS[sort]}${direction}, name${direction} LIMIT ? OFFSET ?`,
      [...values, limit, offset],
    )
    return this.#readInOrder(rows.map(({ id }) => id))
  }

  async #readInOrder(ids: readonly number[]): Promise<HostRow[]> {
    if (ids.length === 0) return []
    const rows = await this.#database.query<HostRow>(
      `SELECT ${HOST_COLUMNS} FROM host WHERE id IN (${placeValues(ids.length)})`,
      ids,
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    return ids.flatMap((id) => byId.get(id) ?? [])
  }

  #listSorted(query: HostQuery, limit: number, offset: number): Promise<HostRow[]> {
    const { sort = 'name' } = query
    const direction = query.descending ? ' DESC' : ''
    if (isValueSort(sort)) return this.#listByValue(query, sort, limit, offset)
    if (isTextSort(sort)) return this.#listByText(query, sort, limit, offset)
    if (sort === 'status') return this.#listByStatus(query, limit, offset)
    if (sort === 'events')
      return this.#listRows(whereHosts(query), {
        order: `COALESCE(worst, ${BEYOND}) ${direction}, name_order`,
        limit,
        offset,
        join: WORST,
      })
    const columns = ORDERS[sort].map((column) => column + direction)
    const condition = whereHosts(query)
    if (query.search === undefined || sort !== 'name')
      return this.#listRows(condition, { order: columns.join(', '), limit, offset })
    // A user who types a part of a name expects it before hosts whose address or system contains it.
    const sought = foldCase(query.search)
    const ranked = `${NAME_RANK}, ${columns.join(', ')}`
    return this.#database.query<HostRow>(
      `SELECT ${HOST_COLUMNS} FROM host ${condition.sql} ORDER BY ${ranked} LIMIT ? OFFSET ?`,
      [...condition.values, sought, sought, '\n', limit, offset],
    )
  }
}
