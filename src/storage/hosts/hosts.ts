import { readCounters } from '../database/counters.ts'
import type { Database } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { HostStore } from '../ports/store.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { readFleet } from './fleet.ts'
import { giveGroups, listGroups } from './groups.ts'
import { whereHosts } from './host-conditions.ts'
import { HostList } from './host-list.ts'
import { HOST_COLUMNS, type HostRow, toHosts } from './host-rows.ts'
import type { LastSeenBuffer } from './last-seen.ts'
import { findHostNames, findMetricNames } from './search-hosts.ts'
import { createFindThresholds } from './thresholds.ts'

const MAX_GROUPS_LISTED = 200

/** The reading part of the host store; `open.ts` adds names and deletion, which other folders implement. */
type HostQueries = Omit<HostStore, 'rename' | 'releaseName' | 'releaseKeyless' | 'listKeyed' | 'delete'>

export function createHostStore(
  database: Database,
  states: Pick<LastSeenBuffer, 'settle' | 'pending'>,
  metricSets: MetricSetReader,
): HostQueries {
  const list = new HostList(database, metricSets)

  return {
    async find(name) {
      await states.settle()
      const rows = await database.query<HostRow>(`SELECT ${HOST_COLUMNS} FROM host WHERE name = ?`, [name])
      return (await toHosts(database, metricSets, rows))[0] ?? null
    },

    async findAll(names) {
      if (names.length === 0) return new Map()
      await states.settle()
      const rows = await database.query<HostRow>(
        `SELECT ${HOST_COLUMNS} FROM host WHERE name IN (${placeValues(names.length)})`,
        names,
      )
      return new Map((await toHosts(database, metricSets, rows)).map((host) => [host.name, host]))
    },

    async list(query) {
      await states.settle()
      return list.read(query)
    },

    async listSpans(filter = {}) {
      await states.settle()
      const { sql, values } = whereHosts({ ...filter, upSince: 0 })
      return database.query(
        `SELECT name, first_seen AS firstSeen, last_seen AS lastSeen FROM host ${sql} ORDER BY name_order, id`,
        values,
      )
    },

    async count(upSince, group) {
      await states.settle()
      if (group !== undefined) {
        const [all, silent] = await Promise.all([
          list.count(whereHosts({ upSince, group })),
          list.count(whereHosts({ upSince, group, status: 'down' })),
        ])
        return { up: Math.max(0, all - silent), down: silent }
      }
      const total = await list.count({ sql: '', values: [] })
      // Few hosts are down: counting them reads little of the index.
      const down = await list.count({ sql: 'WHERE last_seen < ?', values: [upSince] })
      return { up: Math.max(0, total - down), down }
    },

    async fleet() {
      await states.settle()
      return readFleet(database, metricSets)
    },

    groups: () => listGroups(database, MAX_GROUPS_LISTED),
    giveGroups: (name, groups) => giveGroups(database, name, () => groups),
    changeGroups: (name, choose) => giveGroups(database, name, choose),
    findNames: (text, limit) => findHostNames(database, text, limit),
    findMetrics: (words, limit) => findMetricNames(database, words, limit),
    metrics: (name) => findHostMetrics(database, metricSets, name),
    thresholds: createFindThresholds(database),

    async revision() {
      const { revision } = await readCounters(database)
      return revision + states.pending()
    },
  }
}

/** Names of all metrics that the host has ever sent, sorted. */
async function findHostMetrics(
  database: Database,
  metricSets: MetricSetReader,
  host: string,
): Promise<string[]> {
  const rows = await database.query<{ metric_set: number }>(
    `SELECT host_metric_set.metric_set AS metric_set FROM host JOIN host_metric_set ON host_metric_set.host = host.id
      WHERE host.name = ?`,
    [host],
  )
  const ids = rows.map(({ metric_set: id }) => id)
  await metricSets.load(database, ids)
  return [...new Set(ids.flatMap((id) => metricSets.names(id)))].sort()
}
