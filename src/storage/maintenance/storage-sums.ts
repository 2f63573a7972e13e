import { readCounters } from '../database/counters.ts'
import type { Database } from '../database/database.ts'
import type { HostShare, StorageStats } from '../ports/store.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { type Compacted, countRepeatedSamples, countSamples } from '../timeseries/repeated-samples.ts'

/** Sums over the large tables: seconds where there are millions of blocks. */
export type StorageSums = {
  readStats(): Promise<Omit<StorageStats, 'bytes'>>
  /** The hosts with most samples, at most `limit`. */
  listLargestHosts(limit: number): Promise<HostShare[]>
}

export function createStorageSums(database: Database, metricSets: MetricSetReader): StorageSums {
  return {
    readStats: () => readStats(database, metricSets),
    listLargestHosts: (limit) => listLargestHosts(database, metricSets, limit),
  }
}

async function readCompacted(database: Database): Promise<Compacted> {
  const { compact_before: before, compact_host: host } = await readCounters(database)
  return { before, host }
}

async function readStats(
  database: Database,
  metricSets: MetricSetReader,
): Promise<Omit<StorageStats, 'bytes'>> {
  const compacted = await readCompacted(database)
  // Frames that are compacted already but not deleted yet are in their blocks.
  const [row] = await database.query<Omit<StorageStats, 'bytes' | 'samples'>>(
    `SELECT (SELECT COUNT(*) FROM host) AS hosts,
      (SELECT COUNT(*) FROM metric) AS metrics,
      (SELECT COUNT(*) FROM frame WHERE NOT (time < ? AND host <= ?)) + (SELECT COUNT(*) FROM late_frame) AS frames,
      (SELECT COUNT(*) FROM block) AS blocks`,
    [compacted.before, compacted.host],
  )
  if (!row) throw new Error('the database gave no figures')
  const { hosts, metrics, ...rest } = row
  return { hosts, metrics, samples: await countSamples(database, metricSets, compacted), ...rest }
}

async function listLargestHosts(
  database: Database,
  metricSets: MetricSetReader,
  limit: number,
): Promise<HostShare[]> {
  const compacted = await readCompacted(database)
  const repeated = await countRepeatedSamples(database, metricSets, compacted)
  const rows = await database.query<HostShare & { id: number }>(
    `SELECT host.id AS id, host.name AS host, SUM(part.amount) AS samples FROM (
      SELECT host, SUM(samples) AS amount FROM block GROUP BY host
      UNION ALL SELECT host, SUM(samples) AS amount FROM frame WHERE NOT (time < ? AND host <= ?) GROUP BY host
      UNION ALL SELECT host, SUM(samples) AS amount FROM late_frame GROUP BY host
    ) part JOIN host ON host.id = part.host
      GROUP BY host.id, host.name ORDER BY SUM(part.amount) DESC, host.name LIMIT ?`,
    // Hosts with many repeated samples may drop out of the list in favour of others.
    [compacted.before, compacted.host, limit + repeated.size],
  )
  return rows
    .map(({ id, host, samples }) => ({ host, samples: samples - (repeated.get(id) ?? 0) }))
    .sort((a, b) => b.samples - a.samples)
    .slice(0, limit)
}
