import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Upkeep } from '../database/admin.ts'
import { addToCounter, readCounters } from '../database/counters.ts'
import type { Database } from '../database/database.ts'
import { findLastBackup, noteBackup } from '../database/sqlite/backup-note.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import { admitWaiting } from '../ingest/waiting-frames.ts'
import type { HostShare, MaintenanceStore, StorageStats } from '../ports/store.ts'
import { compactFrames } from '../timeseries/compaction.ts'
import { closeDamageEvents, type DamageLog } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { type Compacted, countRepeatedSamples, countSamples } from '../timeseries/repeated-samples.ts'
import { checkDatabase } from './check.ts'
import { dropEvents, dropHosts, dropSamples, findSampleTimes } from './retention.ts'

/** A ping that went well stands for so long for those behind it, so that asking often costs no disk. */
const PING_WRITE_MS = 5000

type MaintenanceParts = {
  readonly database: Database
  readonly upkeep: Upkeep
  readonly metricSets: MetricSetReader
  readonly states: LastSeenBuffer
  readonly damage: DamageLog
  readonly clock: Clock
  readonly log: Log
}

export function createMaintenanceStore(parts: MaintenanceParts): MaintenanceStore {
  const { database, upkeep, metricSets, states, damage, clock, log } = parts
  let lastWrite = Number.NEGATIVE_INFINITY
  return {
    compact: (before, limit) => compactFrames(database, metricSets, before, limit, damage.note),
    admitWaiting: (until, limit) => admitWaiting(database, until, limit),
    dropSamples: (before) => dropSamples(database, before),
    dropEvents: (before, limit) => dropEvents(database, before, limit),
    async findSampleTimes() {
      await states.settle()
      return findSampleTimes(database)
    },
    async dropHosts(before, limit) {
      await states.settle()
      return dropHosts(database, before, limit)
    },
    async stats() {
      await states.settle()
      return { ...(await readStats(database, metricSets)), bytes: await upkeep.countBytes() }
    },
    async listLargestHosts(limit) {
      await states.settle()
      return listLargestHosts(database, metricSets, limit)
    },
    async check() {
      await states.settle()
      const problems = await checkDatabase(database, metricSets, await upkeep.findDamage(), damage.note)
      await damage.settle()
      if (problems.length === 0) await closeDamageEvents(database, clock.now())
      return problems
    },
    async backup(file, notedAs = file) {
      await states.settle()
      await upkeep.backUp(file)
      log.info('backup written', { file: notedAs })
      await noteBackup(database, { time: clock.now(), file: notedAs })
    },
    findLastBackup: () => findLastBackup(database),
    reclaim: () => upkeep.reclaim(),
    async ping() {
      upkeep.checkFile()
      const now = clock.monotonicMs()
      if (now - lastWrite < PING_WRITE_MS) {
        await database.query('SELECT value FROM counter LIMIT 1')
        return
      }
      await database.transaction((transaction) => addToCounter(transaction, 'revision', 0))
      lastWrite = now
    },
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
    // Those of which much was repeated may give way to others.
    [compacted.before, compacted.host, limit + repeated.size],
  )
  return rows
    .map(({ id, host, samples }) => ({ host, samples: samples - (repeated.get(id) ?? 0) }))
    .sort((a, b) => b.samples - a.samples)
    .slice(0, limit)
}
