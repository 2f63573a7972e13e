import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Upkeep } from '../database/admin.ts'
import { addToCounter } from '../database/counters.ts'
import type { Database } from '../database/database.ts'
import { findLastBackup, noteBackup } from '../database/sqlite/backup-note.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import { admitWaiting } from '../ingest/waiting-frames.ts'
import type { MaintenanceStore } from '../ports/store.ts'
import { compactFrames } from '../timeseries/compaction.ts'
import { closeDamageEvents, type DamageLog } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { checkDatabase } from './check.ts'
import { dropEvents } from './drop-events.ts'
import { dropHosts, dropSamples, findSampleTimes } from './retention.ts'
import type { StorageSums } from './storage-sums.ts'

/**
 * After a successful ping that wrote to the disk, pings only read for this long, so that frequent pings cost
 * no writes.
 */
const PING_WRITE_MS = 5000

type MaintenanceParts = {
  readonly database: Database
  readonly upkeep: Upkeep
  readonly sums: StorageSums
  readonly metricSets: MetricSetReader
  readonly states: LastSeenBuffer
  readonly damage: DamageLog
  readonly clock: Clock
  readonly log: Log
}

export function createMaintenanceStore(parts: MaintenanceParts): MaintenanceStore {
  const { database, upkeep, sums, metricSets, states, damage, clock, log } = parts
  let lastWrite = Number.NEGATIVE_INFINITY
  return {
    compact: (before, limit) =>
      compactFrames(database, metricSets, { before, limit, note: damage.note, now: clock.now() }),
    admitWaiting: (until, limit) => admitWaiting(database, until, limit),
    dropSamples: (before) => dropSamples(database, before),
    dropEvents: (before, limit, isOver = () => false) =>
      dropEvents(database, before, { limit, clock, isOver }),
    async findSampleTimes() {
      await states.settle()
      return findSampleTimes(database)
    },
    async dropHosts(before, limit, isOver = () => false) {
      await states.settle()
      return dropHosts(database, before, { limit, clock, isOver })
    },
    async stats() {
      await states.settle()
      return { ...(await sums.readStats()), bytes: await upkeep.countBytes() }
    },
    async listLargestHosts(limit) {
      await states.settle()
      return sums.listLargestHosts(limit)
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
    diskFailures: () => upkeep.diskFailures(),
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
