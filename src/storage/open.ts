import { createAuditStore } from './audit.ts'
import { refuseUnfinished } from './copy.ts'
import { createEventStore } from './events.ts'
import { createHostStates } from './host-states.ts'
import { createHostStore } from './hosts.ts'
import { createIngestStore } from './ingest.ts'
import { createLayoutReader } from './layouts.ts'
import { createMaintenanceStore } from './maintenance.ts'
import { type OpenDatabase, type OpenStoreOptions, openDatabase } from './open-database.ts'
import { createOutboxStore } from './outbox.ts'
import { createRuleStore, createTargetStore, createWindowStore } from './rules.ts'
import { createSampleStore } from './samples.ts'
import { createSecondFactorStore } from './second-factors.ts'
import { createSessionStore } from './sessions.ts'
import type { Store } from './store.ts'
import { createTokenStore } from './tokens.ts'
import { createUserStore } from './users.ts'
import { createWatchStore } from './watch.ts'

export type { OpenStoreOptions } from './open-database.ts'

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

/** What the features see of a database. Its `close` closes the database too. */
export function createStore(
  { database, upkeep }: OpenDatabase,
  { clock, log }: Pick<OpenStoreOptions, 'clock' | 'log'>,
): Store {
  const layouts = createLayoutReader()
  const states = createHostStates(database, clock, log)
  return {
    ingest: createIngestStore(database, states),
    hosts: createHostStore(database, states, layouts),
    samples: createSampleStore(database, layouts),
    events: createEventStore(database),
    rules: createRuleStore(database),
    windows: createWindowStore(database),
    targets: createTargetStore(database),
    outbox: createOutboxStore(database),
    watch: createWatchStore(database, states),
    users: createUserStore(database),
    sessions: createSessionStore(database),
    tokens: createTokenStore(database),
    secondFactors: createSecondFactorStore(database),
    audit: createAuditStore(database),
    maintenance: createMaintenanceStore(database, upkeep, layouts, states, clock, log),
    async close() {
      await states.close()
      await database.close()
    },
  }
}
