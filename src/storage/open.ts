import { createDataAuditStore } from './audit/data-audit.ts'
import { type OpenDatabase, type OpenStoreOptions, openDatabase } from './database/open.ts'
import { createEventStore } from './events/events.ts'
import { createOutboxStore } from './events/outbox.ts'
import { createMaintenanceWindowStore, createRuleStore, createTargetStore } from './events/rules.ts'
import { fillNameOrder } from './hosts/fill-name-order.ts'
import { createHostStore } from './hosts/hosts.ts'
import { createLastSeenBuffer } from './hosts/last-seen.ts'
import { createEnrolmentStore } from './ingest/enrolment.ts'
import { createHostNames } from './ingest/host-keys.ts'
import { createIngestStore } from './ingest/ingest.ts'
import { refuseUnfinished } from './maintenance/copy.ts'
import { deleteHostNow } from './maintenance/delete-host.ts'
import { createWatchStore } from './maintenance/event-engine.ts'
import { createMaintenanceStore } from './maintenance/maintenance.ts'
import { createStorageSums } from './maintenance/storage-sums.ts'
import type { IngestPolicy, PolicyChoices, Store } from './ports/store.ts'
import { ReadCost } from './reading-thread/read-cost.ts'
import type { ReadingThread } from './reading-thread/reading-thread.ts'
import { readDensity } from './reading-thread/sample-density.ts'
import { withSlowReads } from './reading-thread/slow-reads.ts'
import { createDamageLog, type NoteDamage } from './timeseries/damage.ts'
import { createMetricSetReader } from './timeseries/metric-sets.ts'
import { createSampleStore } from './timeseries/query.ts'
import { createAuditStore } from './users/audit-log.ts'
import { createSavedViewStore } from './users/saved-views.ts'
import { createSecondFactorStore } from './users/second-factors.ts'
import { createSessionStore } from './users/sessions.ts'
import { createTokenStore } from './users/tokens.ts'
import { createUserStore } from './users/users.ts'

export type { OpenStoreOptions } from './database/open.ts'

export type OpenStoreChoices = OpenStoreOptions & {
  /** Whether reads that may take long get a thread of their own: where a website is served. */
  readonly hasReadingThread?: boolean
}

/** Opens the database as `openDatabase` does, for the features. */
export async function openStore(url: string, options: OpenStoreChoices): Promise<Store> {
  const opened = await openDatabase(url, options)
  try {
    await refuseUnfinished(opened.database)
    await fillNameOrder(opened.database)
  } catch (error) {
    await opened.database.close()
    throw error
  }
  if (options.hasReadingThread !== true) return createStore(opened, options)
  const { ReadingThread } = await import('./reading-thread/reading-thread.ts')
  const { dataDir, server, clock, log } = options
  return createStore(
    opened,
    options,
    (note) =>
      new ReadingThread({
        database: { url, dataDir, ...(server !== undefined && { server }) },
        note,
        clock,
        log,
      }),
  )
}

/** Commands and tests have no bounds unless they set some. */
const completePolicy = ({ newHosts = 'accept', bounds }: PolicyChoices): IngestPolicy => ({
  newHosts,
  bounds: {
    newHostsPerMinute: Number.POSITIVE_INFINITY,
    hosts: Number.POSITIVE_INFINITY,
    metricsPerHost: Number.POSITIVE_INFINITY,
    openEventsPerHost: Number.POSITIVE_INFINITY,
    factsBytes: Number.POSITIVE_INFINITY,
    ...bounds,
  },
})

/**
 * The stores of one database for the features. Its `close` closes the database too, and the thread that
 * `startThread` starts for long reads.
 */
export function createStore(
  { database, upkeep }: OpenDatabase,
  { clock, log, policy = {} }: Pick<OpenStoreOptions, 'clock' | 'log' | 'policy'>,
  startThread?: (note: NoteDamage) => ReadingThread,
): Store {
  const metricSets = createMetricSetReader()
  const states = createLastSeenBuffer(database, clock, log)
  const damage = createDamageLog(database, clock, log)
  const thread = startThread?.(damage.note)
  const { setPolicy, ...ingest } = createIngestStore(database, states, {
    log,
    policy: completePolicy(policy),
  })
  const store: Store = {
    ingest: { ...ingest, setPolicy: (wanted) => setPolicy(completePolicy(wanted)) },
    hosts: {
      ...createHostStore(database, states, metricSets),
      ...createHostNames(database),
      delete: (name) => deleteHostNow(database, states, name),
    },
    enrolment: createEnrolmentStore(database),
    samples: createSampleStore(database, metricSets, damage.note),
    events: createEventStore(database),
    rules: createRuleStore(database),
    maintenanceWindows: createMaintenanceWindowStore(database),
    targets: createTargetStore(database),
    outbox: createOutboxStore(database),
    watch: createWatchStore(database, states),
    users: createUserStore(database),
    sessions: createSessionStore(database),
    tokens: createTokenStore(database),
    secondFactors: createSecondFactorStore(database),
    views: createSavedViewStore(database),
    audit: createAuditStore(database),
    dataAudit: createDataAuditStore(database),
    maintenance: createMaintenanceStore({
      ...{ database, upkeep, metricSets, states, damage, clock, log },
      sums: thread ?? createStorageSums(database, metricSets),
    }),
    async close() {
      await thread?.close()
      await damage.settle()
      await states.close()
      await database.close()
    },
  }
  if (thread === undefined) return store
  const cost = new ReadCost((host) => readDensity(database, host), clock)
  return withSlowReads(store, thread, { settle: states.settle, cost })
}
