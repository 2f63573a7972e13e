import type { Reader, Value } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { HOSTS_OF_GROUP, hostsOfGroups, LAST_TEXT } from '../hosts/groups.ts'
import type { EventQuery } from '../ports/store.ts'
import { NO_HOST } from './event-rows.ts'

/** A `WHERE` with what it is bound to. */
export type SqlCondition = {
  readonly sql: string
  readonly values: readonly Value[]
  /** The same for counting, by an index that has all that is counted but not the order of a page. */
  readonly countSql: string
  /** For counting: these and open ones, all from an index that does not know which are open; absent where there is none. */
  readonly openOrClosedSql?: string
  /** Every matching event is one of a known host: then the hosts can be read one by one. */
  readonly isOfHosts?: boolean
  /** Few enough events match that sorting them is cheaper than searching along the times of all events. */
  readonly isFew?: boolean
}

/** Events whose words are read for one search: more would delay all other statements. */
const MAX_SEARCHED = 20_000
/** Groups of more hosts are looked for along the times of all events, smaller ones host by host. */
const FEW_HOSTS = 100

/** Up to this many metrics that match the words are each read by their own index. */
const FEW_METRICS = 30
/** Metrics of events whose names are compared with the words of a search. */
const MAX_METRICS = 3000

/** Nearly all are closed: the plus leaves the choice of the index to the other conditions and the order. */
const CLOSED = '+event.is_open = 0'
/** The same for counting, which needs no order: the index of a host's events by their end has it. */
const HAS_ENDED = 'event.closed >= 0'
/** Always so: chooses an index of events by their begin, for its order or because it has all that is counted. */
const HAS_BEGUN = 'event.opened >= 0'

/** Parameter: a pattern of a part of the name. */
const HOSTS_OF_PART = `SELECT id FROM host WHERE LOWER(name) LIKE ? ESCAPE '!'`

/** Parameters: the same pattern four times. */
const HAS_WORD = `(LOWER(event.message) LIKE ? ESCAPE '!' OR LOWER(event.metric) LIKE ? ESCAPE '!'
  OR LOWER(event.members) LIKE ? ESCAPE '!' OR event.host IN (${HOSTS_OF_PART}))`

/** One of its hosts is in a group of each list; their lengths. Parameters: the groups. */
const hasMemberOfGroups = (counts: readonly number[]) =>
  `EXISTS (SELECT 1 FROM host member WHERE ${counts.map((count) => `member.id IN (${hostsOfGroups(count)})`).join(' AND ')}
  AND INSTR(event.members, CONCAT('"', member.name, '"')) > 0)`

/** A LIKE pattern that contains the word literally. */
const containing = (word: string) => `%${word.toLowerCase().replace(/[!%_]/g, '!$&')}%`

/**
 * The conditions of a query, of which an event matches at most one: an OR of the host's own events with those
 * of several hosts would keep the database from using any index. Empty when the requested host is not known.
 */
export async function writeConditions(reader: Reader, query: EventQuery): Promise<SqlCondition[]> {
  const metrics = await findMetrics(reader, query)
  if (metrics === null) return ofHosts(reader, query)
  const conditions: SqlCondition[] = []
  for (const metric of metrics)
    conditions.push(...(await ofHosts(reader, { ...query, metric, metricWords: [] })))
  return conditions
}

/**
 * The metrics of events that contain all the words of the query, so that each can be read from its index;
 * null where there are no words, or too many metrics, so that reading along the times of all events is
 * faster.
 */
async function findMetrics(reader: Reader, query: EventQuery): Promise<string[] | null> {
  const words = (query.metricWords ?? []).map((word) => word.toLowerCase())
  if (words.length === 0 || query.metric !== undefined) return null
  const { dialect } = reader
  const rows = await reader.query<{ metric: string | null }>(
    `${dialect.stepThrough('event', 'metric')} SELECT value AS metric FROM step ${dialect.stepOrder()} LIMIT ?`,
    ['', LAST_TEXT, LAST_TEXT, MAX_METRICS + 1],
  )
  if (rows.length > MAX_METRICS) return null
  const found = rows.flatMap(({ metric }) =>
    metric !== null && words.every((word) => metric.toLowerCase().includes(word)) ? [metric] : [],
  )
  return found.length > FEW_METRICS ? null : found
}

async function ofHosts(reader: Reader, query: EventQuery): Promise<SqlCondition[]> {
  const { host, group, facets = [], withinGroups, hostPart } = query
  if (withinGroups !== undefined) return ofOneHostWithin(reader, query, withinGroups)
  if (host === undefined && facets.length > 0) return ofFacets(reader, query, facets)
  if (host === undefined && group !== undefined) return ofGroup(reader, query, group)
  if (host === undefined && hostPart !== undefined) return ofHostPart(reader, query, hostPart)
  if (host === undefined) return [writeCondition(reader, query, null)]
  const id = await findHostOf(reader, host, listAlternatives(query))
  if (id === null) return []
  return [
    writeCondition(reader, query, { sql: 'event.host = ?', values: [id] }, { hasIndexOfHosts: true }),
    writeCondition(reader, query, {
      sql: `event.host = ${NO_HOST} AND INSTR(event.members, ?) > 0`,
      values: [JSON.stringify(host)],
    }),
  ]
}

/** Lists of groups of which the host of an event is in one of each. */
const listAlternatives = ({
  group,
  facets = [],
  withinGroups,
}: EventQuery): readonly (readonly string[])[] => [
  ...facets,
  ...(group === undefined ? [] : [[group]]),
  ...(withinGroups === undefined ? [] : [withinGroups]),
]

/** Null when there is no such host, or it is not in one group of each list. */
async function findHostOf(
  reader: Reader,
  host: string,
  alternatives: readonly (readonly string[])[],
): Promise<number | null> {
  const fitting = alternatives.map(({ length }) => ` AND id IN (${hostsOfGroups(length)})`).join('')
  const [row] = await reader.query<{ id: number }>(`SELECT id FROM host WHERE name = ?${fitting}`, [
    host,
    ...alternatives.flat(),
  ])
  return row?.id ?? null
}

/** Events of several hosts are left out. */
async function ofOneHostWithin(
  reader: Reader,
  query: EventQuery,
  withinGroups: readonly string[],
): Promise<SqlCondition[]> {
  // A list without a group would be a condition that the databases do not know.
  if (withinGroups.length === 0) return []
  const alternatives = listAlternatives(query)
  if (query.host === undefined) return (await ofFacets(reader, query, alternatives)).slice(0, 1)
  const id = await findHostOf(reader, query.host, alternatives)
  if (id === null) return []
  return [writeCondition(reader, query, { sql: 'event.host = ?', values: [id] }, { hasIndexOfHosts: true })]
}

async function ofFacets(
  reader: Reader,
  query: EventQuery,
  facets: readonly (readonly string[])[],
): Promise<SqlCondition[]> {
  const values = facets.flat()
  const fitting = facets.map(({ length }) => `host.id IN (${hostsOfGroups(length)})`).join(' AND ')
  const own = `SELECT host.id FROM host WHERE ${fitting}`
  const [row] = await reader.query<{ hosts: number }>(
    `SELECT COUNT(*) AS hosts FROM (${own} LIMIT ?) counted`,
    [...values, FEW_HOSTS + 1],
  )
  const isFew = (row?.hosts ?? 0) <= FEW_HOSTS
  const members = hasMemberOfGroups(facets.map(({ length }) => length))
  // The plus: see `ofGroup`.
  const sql = `${isFew ? '' : '+'}event.host IN (${own})`
  return [
    writeCondition(reader, query, { sql, values }, { hasIndexOfHosts: isFew }),
    writeCondition(reader, query, { sql: `event.host = ${NO_HOST} AND ${members}`, values }),
  ]
}

async function ofGroup(reader: Reader, query: EventQuery, group: string): Promise<SqlCondition[]> {
  const [row] = await reader.query<{ hosts: number }>(
    'SELECT COUNT(*) AS hosts FROM (SELECT host FROM host_group WHERE name = ? LIMIT ?) counted',
    [group, FEW_HOSTS + 1],
  )
  const hosts = row?.hosts ?? 0
  if (hosts === 0) return []
  // The plus keeps the index by host out of it, which would read and sort all events of all these hosts.
  const own = `${hosts > FEW_HOSTS ? '+' : ''}event.host IN (${HOSTS_OF_GROUP})`
  return [
    writeCondition(reader, query, { sql: own, values: [group] }, { hasIndexOfHosts: hosts <= FEW_HOSTS }),
    writeCondition(reader, query, {
      sql: `event.host = ${NO_HOST} AND ${hasMemberOfGroups([1])}`,
      values: [group],
    }),
  ]
}

/** A part that many names have is met soon along the times of all events; that of few hosts is looked for host by host. */
async function ofHostPart(reader: Reader, query: EventQuery, part: string): Promise<SqlCondition[]> {
  const pattern = containing(part)
  const hosts = await reader.query<{ id: number }>(`${HOSTS_OF_PART} LIMIT ?`, [pattern, FEW_HOSTS + 1])
  if (hosts.length > FEW_HOSTS) return [writeCondition(reader, query, null)]
  const { hostPart: _, ...others } = query
  const ofSeveral = {
    sql: `event.host = ${NO_HOST} AND LOWER(event.members) LIKE ? ESCAPE '!'`,
    values: [pattern],
  }
  const conditions = [writeCondition(reader, others, ofSeveral)]
  if (hosts.length > 0)
    conditions.push(
      writeCondition(
        reader,
        others,
        { sql: `event.host IN (${placeValues(hosts.length)})`, values: hosts.map(({ id }) => id) },
        { hasIndexOfHosts: true },
      ),
    )
  return conditions
}

type ConditionPart = Pick<SqlCondition, 'sql' | 'values'>

function writeCondition(
  { dialect }: Reader,
  query: EventQuery,
  ofHost: ConditionPart | null,
  { hasIndexOfHosts = false }: { readonly hasIndexOfHosts?: boolean } = {},
): SqlCondition {
  const parts: string[] = []
  const values: Value[] = []
  const add = (part: string, ...more: Value[]) => {
    parts.push(part)
    values.push(...more)
  }
  const { metric, status, severity, acknowledged, from, to, after, words = [] } = query
  const { hostPart, metricWords = [] } = query
  if (ofHost !== null) add(ofHost.sql, ...ofHost.values)
  // The plus keeps the indexes by metric out of it, where one by host has the metric too.
  const isByHost = ofHost !== null && !ofHost.sql.startsWith('+')
  if (metric !== undefined) add(`${isByHost ? '+' : ''}event.metric = ?`, metric)
  if (hostPart !== undefined)
    add(
      `(event.host IN (${HOSTS_OF_PART}) OR LOWER(event.members) LIKE ? ESCAPE '!')`,
      containing(hostPart),
      containing(hostPart),
    )
  for (const word of metricWords) add(`LOWER(event.metric) LIKE ? ESCAPE '!'`, containing(word))
  if (status === 'open') add('event.is_open = 1')
  const hasIndex = metric !== undefined || ofHost !== null
  if (status === 'closed') add(severity === undefined || hasIndex ? CLOSED : 'event.is_open = 0')
  if (severity !== undefined) add('event.severity = ?', severity)
  if (acknowledged !== undefined) add(`event.acknowledged_by IS ${acknowledged ? 'NOT ' : ''}NULL`)
  if (words.length > 0) add(`event.id > (SELECT MAX(newest.id) - ${MAX_SEARCHED} FROM event newest)`)
  for (const word of words) add(HAS_WORD, ...new Array(4).fill(containing(word)))
  if (query.closedFrom !== undefined) add('event.is_open = 0 AND event.closed >= ?', query.closedFrom)
  if (from !== undefined) add('event.opened >= ?', from)
  if (to !== undefined) add('event.opened <= ?', to)
  if (after !== undefined) {
    const before = dialect.beyond('<', ['event.opened', 'event.id'], [after.opened, after.id])
    add(before.sql, ...before.values)
  }
  const sql = writeWhere(parts)
  const isFew = words.length > 0 || (status === 'open' && ofHost !== null)
  // A second bound below would be compared with each event, and the other one not be looked for.
  const hasBegun = from === undefined ? ` AND ${HAS_BEGUN}` : ''
  let counted = sql
  if (hasIndexOfHosts) counted = sql.replace(CLOSED, HAS_ENDED)
  else if (!hasIndex) counted = sql.replace(CLOSED, `${CLOSED}${hasBegun}`)
  const isByMetric = metric !== undefined && ofHost === null && parts.length === 2
  // Those that ended since then are in the index of a host's events by their end, all that it ever had in the other one.
  const wantsOrder = hasIndexOfHosts && !isFew && query.closedFrom === undefined
  return {
    sql: wantsOrder ? `${sql}${hasBegun}` : sql,
    countSql: counted,
    ...(isByMetric &&
      status === 'closed' && { openOrClosedSql: writeWhere(parts.filter((part) => part !== CLOSED)) }),
    values,
    isOfHosts: hasIndexOfHosts,
    isFew,
  }
}

const writeWhere = (parts: readonly string[]) => (parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '')
