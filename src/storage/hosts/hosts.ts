import { mergeGroups } from '../../domain/hosts/group.ts'
import type { Host } from '../../domain/hosts/host.ts'
import { readCounters } from '../database/counters.ts'
import type { Database, Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { HostQuery, HostStore } from '../ports/store.ts'
import { readMetricSet, unpackFrame } from '../timeseries/codec/frame.ts'
import { openLatest } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { readFleet } from './fleet.ts'
import { giveGroups, HOSTS_OF_GROUP, hostsOfGroups, listGroups, parseGroups } from './groups.ts'
import { foldCase, parseMounts, parseSpellings } from './host-cache.ts'
import type { LastSeenBuffer } from './last-seen.ts'
import { orderByValue, VALUE_SORTS } from './sort-by-metric.ts'
import { findThresholds } from './thresholds.ts'

type HostRow = {
  id: number
  name: string
  ip: string
  platform: string
  build: string
  architecture: string
  domain: string
  processors: number
  memory_mb: number
  first_seen: number
  last_seen: number
  clock_skew: number | null
  latest_time: number
  latest: Uint8Array | null
  said_groups: string | null
  given_groups: string | null
  mounts: string | null
  agent: string | null
  spellings: string | null
}

const COLUMNS = `id, name, ip, platform, build, architecture, domain, processors, memory_mb,
  first_seen, last_seen, clock_skew, latest_time, latest, said_groups, given_groups, mounts, agent, spellings`

const MAX_LIMIT = 1000
const MAX_GROUPS_LISTED = 200

/** Each of them is an index of the table: a page of the list reads its own rows and no others. */
const ORDERS: Record<
  Exclude<NonNullable<HostQuery['sort']>, 'status' | 'events' | keyof typeof VALUE_SORTS>,
  readonly string[]
> = {
  name: ['name_order', 'name'],
  ip: ['ip_order', 'name'],
  domain: ['domain', 'name'],
  platform: ['platform', 'name'],
  last_seen: ['last_seen', 'name'],
}

/** The most severe open event of each host that has one. */
const WORST = `LEFT JOIN (SELECT host AS troubled, MIN(severity) AS worst FROM event WHERE is_open = 1 GROUP BY host) trouble
  ON trouble.troubled = host.id`
/** Names that begin with a text, then those that have it in them. What is searched begins with the name and a line break. */
const NAME_RANK = `CASE INSTR(search_text, ?) WHEN 1 THEN 0 ELSE
  CASE WHEN INSTR(search_text, ?) < INSTR(search_text, ?) THEN 1 ELSE 2 END END`
/** Behind every severity. */
const BEYOND = 9

/** What is read of hosts; `open.ts` adds names and deletion, which other folders know more about. */
type HostQueries = Omit<HostStore, 'rename' | 'releaseName' | 'releaseKeyless' | 'listKeyed' | 'delete'>

type Condition = { readonly sql: string; readonly values: readonly Value[] }

export function createHostStore(
  database: Database,
  states: Pick<LastSeenBuffer, 'settle' | 'pending'>,
  metricSets: MetricSetReader,
): HostQueries {
  async function toHosts(rows: readonly HostRow[]): Promise<Host[]> {
    const opened = rows.map((row) => ({ row, latest: openLatest(row) }))
    await metricSets.load(
      database,
      opened.flatMap(({ latest }) => (latest ? [readMetricSet(latest)] : [])),
    )
    return opened.map(({ row, latest }) => toHost(row, latest, metricSets))
  }

  async function countWhere({ sql, values }: Condition): Promise<number> {
    const [row] = await database.query<{ total: number }>(`SELECT COUNT(*) AS total FROM host ${sql}`, values)
    return row?.total ?? 0
  }

  function listRows({ sql, values }: Condition, order: string, limit: number, offset: number, join = '') {
    return database.query<HostRow>(
      `SELECT ${COLUMNS} FROM host ${join} ${sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
      [...values, limit, offset],
    )
  }

  /** One group after the other, each by name: no index could know the line between up and down. */
  async function listByStatus(query: HostQuery, limit: number, offset: number): Promise<HostRow[]> {
    const groups = query.descending ? (['up', 'down'] as const) : (['down', 'up'] as const)
    const rows: HostRow[] = []
    let skip = offset
    for (const status of groups) {
      if (query.status && query.status !== status) continue
      const condition = where({ ...query, status })
      // The expression keeps the index of names out of it: those that are down are few, and sorting them is
      // quick.
      const order = status === 'down' ? "COALESCE(name_order, '')" : 'name_order, name'
      if (rows.length < limit) rows.push(...(await listRows(condition, order, limit - rows.length, skip)))
      // Once a row of it was wanted, the next group begins at its start.
      skip = rows.length > 0 ? 0 : skip - (await countWhere(condition))
      if (skip < 0) skip = 0
    }
    return rows
  }

  async function listByValue(
    query: HostQuery,
    isWanted: (metric: string) => boolean,
    limit: number,
    offset: number,
  ): Promise<HostRow[]> {
    const page = { isDescending: query.descending === true, limit, offset }
    const ids = await orderByValue(database, metricSets, where(query), isWanted, page)
    if (ids.length === 0) return []
    const rows = await database.query<HostRow>(
      `SELECT ${COLUMNS} FROM host WHERE id IN (${placeValues(ids.length)})`,
      ids,
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    return ids.flatMap((id) => byId.get(id) ?? [])
  }

  function listSorted(query: HostQuery, limit: number, offset: number): Promise<HostRow[]> {
    const { sort = 'name' } = query
    const direction = query.descending ? ' DESC' : ''
    if (sort === 'processor' || sort === 'memory' || sort === 'disk')
      return listByValue(query, VALUE_SORTS[sort], limit, offset)
    if (sort === 'status') return listByStatus(query, limit, offset)
    if (sort === 'events')
      return listRows(
        where(query),
        `COALESCE(worst, ${BEYOND}) ${direction}, name_order`,
        limit,
        offset,
        WORST,
      )
    const columns = ORDERS[sort].map((column) => column + direction)
    const condition = where(query)
    if (query.search === undefined || sort !== 'name')
      return listRows(condition, columns.join(', '), limit, offset)
    // Who types a part of a name wants it before hosts whose address or system has it.
    const sought = foldCase(query.search)
    const ranked = `${NAME_RANK}, ${columns.join(', ')}`
    return database.query<HostRow>(
      `SELECT ${COLUMNS} FROM host ${condition.sql} ORDER BY ${ranked} LIMIT ? OFFSET ?`,
      [...condition.values, sought, sought, '\n', limit, offset],
    )
  }

  return {
    async find(name) {
      await states.settle()
      const rows = await database.query<HostRow>(`SELECT ${COLUMNS} FROM host WHERE name = ?`, [name])
      return (await toHosts(rows))[0] ?? null
    },

    async findAll(names) {
      if (names.length === 0) return new Map()
      await states.settle()
      const rows = await database.query<HostRow>(
        `SELECT ${COLUMNS} FROM host WHERE name IN (${placeValues(names.length)})`,
        names,
      )
      return new Map((await toHosts(rows)).map((host) => [host.name, host]))
    },

    async list(query) {
      await states.settle()
      const limit = Math.min(Math.max(query.limit ?? MAX_LIMIT, 0), MAX_LIMIT)
      const offset = Math.max(query.offset ?? 0, 0)
      const total = await countWhere(where(query))
      const rows = await listSorted(query, limit, offset)
      return { total, hosts: await toHosts(rows) }
    },

    async listSpans(group) {
      await states.settle()
      const { sql, values } = where(group === undefined ? { upSince: 0 } : { upSince: 0, group })
      return database.query(
        `SELECT name, first_seen AS firstSeen, last_seen AS lastSeen FROM host ${sql} ORDER BY name_order, name`,
        values,
      )
    },

    async count(upSince, group) {
      await states.settle()
      if (group !== undefined) {
        const [all, silent] = await Promise.all([
          countWhere(where({ upSince, group })),
          countWhere(where({ upSince, group, status: 'down' })),
        ])
        return { up: Math.max(0, all - silent), down: silent }
      }
      const total = await countWhere({ sql: '', values: [] })
      // Those that are down are few: counting them reads little of the index.
      const down = await countWhere({ sql: 'WHERE last_seen < ?', values: [upSince] })
      return { up: Math.max(0, total - down), down }
    },

    async fleet() {
      await states.settle()
      return readFleet(database, metricSets)
    },

    groups: () => listGroups(database, MAX_GROUPS_LISTED),

    giveGroups: (name, groups) => giveGroups(database, name, groups),

    async findNames(text, limit) {
      const sought = foldCase(text.trim())
      if (sought === '' || sought.includes('\n')) return []
      // What is searched begins with the name, and a line break ends it.
      const rows = await database.query<{ name: string; ip: string; last_seen: number }>(
        `SELECT name, ip, last_seen FROM host
          WHERE INSTR(search_text, ?) BETWEEN 1 AND INSTR(search_text, ?) OR INSTR(LOWER(ip), ?) > 0
          ORDER BY CASE INSTR(search_text, ?) WHEN 1 THEN 0 ELSE
              CASE WHEN INSTR(search_text, ?) BETWEEN 1 AND INSTR(search_text, ?) THEN 1 ELSE 2 END END,
            LENGTH(name), name LIMIT ?`,
        [sought, '\n', sought, sought, sought, '\n', limit],
      )
      return rows.map(({ name, ip, last_seen: lastSeen }) => ({ name, ip, lastSeen }))
    },

    async findMetrics(words, limit) {
      const patterns = words.slice(0, 8).map((word) => `%${word.toLowerCase().replace(/[!%_]/g, '!$&')}%`)
      const where = patterns.map(() => `LOWER(name) LIKE ? ESCAPE '!'`).join(' AND ')
      const rows = await database.query<{ name: string }>(
        `SELECT name FROM metric ${where === '' ? '' : `WHERE ${where}`} ORDER BY name LIMIT ?`,
        [...patterns, limit],
      )
      return rows.map(({ name }) => name)
    },

    async metrics(name) {
      const rows = await database.query<{ metric_set: number }>(
        `SELECT host_metric_set.metric_set AS metric_set FROM host JOIN host_metric_set ON host_metric_set.host = host.id
          WHERE host.name = ?`,
        [name],
      )
      const ids = rows.map(({ metric_set: id }) => id)
      await metricSets.load(database, ids)
      return [...new Set(ids.flatMap((id) => metricSets.names(id)))].sort()
    },

    thresholds: (name) => findThresholds(database, name),

    async revision() {
      const { revision } = await readCounters(database)
      return revision + states.pending()
    },
  }
}

function where(query: HostQuery): Condition {
  const parts: string[] = []
  const values: Value[] = []
  if (query.search) {
    parts.push('INSTR(search_text, ?) > 0')
    values.push(foldCase(query.search))
  }
  if (query.group !== undefined) {
    parts.push(`id IN (${HOSTS_OF_GROUP})`)
    values.push(query.group)
  }
  for (const alternatives of query.facets ?? []) {
    parts.push(`id IN (${hostsOfGroups(alternatives.length)})`)
    values.push(...alternatives)
  }
  if (query.names !== undefined) {
    parts.push(query.names.length === 0 ? '1 = 0' : `name IN (${placeValues(query.names.length)})`)
    values.push(...query.names)
  }
  if (query.withoutNames !== undefined && query.withoutNames.length > 0) {
    parts.push(`name NOT IN (${placeValues(query.withoutNames.length)})`)
    values.push(...query.withoutNames)
  }
  if (query.status === 'down') {
    parts.push('last_seen < ?')
    values.push(query.upSince)
  } else if (query.status === 'up') {
    // The plus keeps the index of last_seen out of it: nearly all are up, and the order's index is the better
    // one.
    parts.push('+last_seen >= ?')
    values.push(query.upSince)
  }
  return { sql: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', values }
}

function toHost(row: HostRow, frame: Uint8Array | null, metricSets: MetricSetReader): Host {
  const latest: Record<string, number> = Object.create(null)
  if (frame) {
    const { metricSet, values } = unpackFrame(frame, (id) => metricSets.metrics(id).length)
    metricSets.names(metricSet).forEach((metric, i) => {
      const value = values[i]
      if (value !== null && value !== undefined) latest[metric] = value
    })
  }
  const givenGroups = parseGroups(row.given_groups)
  return {
    name: row.name,
    groups: mergeGroups(givenGroups, parseGroups(row.said_groups)),
    givenGroups,
    ip: row.ip,
    platform: row.platform,
    build: row.build,
    architecture: row.architecture,
    domain: row.domain,
    processors: row.processors,
    memoryMb: row.memory_mb,
    ...parseMounts(row.mounts),
    ...(row.agent !== null && { agent: row.agent }),
    ...parseSpellings(row.spellings),
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    clockSkew: row.clock_skew,
    latestTime: row.latest_time,
    latest,
  }
}
