import { type OpenDatabase, type OpenStoreOptions, openDatabase } from './database/open.ts'
import { createEventStore } from './events/events.ts'
import { createOutboxStore } from './events/outbox.ts'
import { createMaintenanceWindowStore, createRuleStore, createTargetStore } from './events/rules.ts'
import { createHostStore } from './hosts/hosts.ts'
import { createLastSeenBuffer } from './hosts/last-seen.ts'
import { createEnrolmentStore } from './ingest/enrolment.ts'
import { createHostNames } from './ingest/host-keys.ts'
import { createIngestStore } from './ingest/ingest.ts'
import { refuseUnfinished } from './maintenance/copy.ts'
import { deleteHostNow } from './maintenance/delete-host.ts'
import { createWatchStore } from './maintenance/event-engine.ts'
import { createMaintenanceStore } from './maintenance/maintenance.ts'
import type { IngestPolicy, Store } from './ports/store.ts'
import { createDamageLog } from './timeseries/damage.ts'
import { createMetricSetReader } from './timeseries/metric-sets.ts'
import { createSampleStore } from './timeseries/query.ts'
import { createAuditStore } from './users/audit-log.ts'
import { createSecondFactorStore } from './users/second-factors.ts'
import { createSessionStore } from './users/sessions.ts'
import { createTokenStore } from './users/tokens.ts'
import { createUserStore } from './users/users.ts'

export type { OpenStoreOptions } from './database/open.ts'

/** Opens the database as `openDatabase` does, for the features. */
export async function openStore(url: string, options: OpenStoreOptions): Promise<Store> {
  const opened = await openDatabase(url, options)
  try {
    await refuseUnfinished(opened.database)
  } catch (error) {
    await opened.database.close()
    throw error
  }
  return createStore(opened, options)
}

/** Of commands and tests, which do not say otherwise. */
const OPEN_POLICY: IngestPolicy = { newHosts: 'accept' }

/** What the features see of a database. Its `close` closes the database too. */
export function createStore(
  { database, upkeep }: OpenDatabase,
  { clock, log, policy = OPEN_POLICY }: Pick<OpenStoreOptions, 'clock' | 'log' | 'policy'>,
): Store {
  const metricSets = createMetricSetReader()
  const states = createLastSeenBuffer(database, clock, log)
  const damage = createDamageLog(database, clock, log)
  return {
    ingest: createIngestStore(database, states, { log, policy }),
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
    audit: createAuditStore(database),
    maintenance: createMaintenanceStore({ database, upkeep, metricSets, states, damage, clock, log }),
    async close() {
      await damage.settle()
      await states.close()
      await database.close()
    },
  }
}
