import { isAbsolute, join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createEventStore } from './events.ts'
import { createHostStates } from './host-states.ts'
import { createHostStore } from './hosts.ts'
import { createIngestStore } from './ingest.ts'
import { createLayoutReader } from './layouts.ts'
import { createMaintenanceStore } from './maintenance.ts'
import { migrate } from './migrations.ts'
import { createSampleStore } from './samples.ts'
import { createSessionStore } from './sessions.ts'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'
import { createTokenStore } from './tokens.ts'
import { createUserStore } from './users.ts'

export type OpenStoreOptions = {
  /** Where a relative `sqlite:` path begins. */
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Opens the database, makes it if there is none and brings its schema up to date. `url` is `sqlite:` and a path. Several
 * processes may open the same one. Throws `NewerSchemaError` when a newer program has written it.
 */
export async function openStore(url: string, { dataDir, clock, log }: OpenStoreOptions): Promise<Store> {
  const file = sqliteFile(url, dataDir)
  const database = await openSqlite(file, { clock })
  try {
    const steps = await migrate(database, clock.now())
    if (steps.length > 0) log.info('database schema brought up to date', { file, schema: steps.at(-1) })
  } catch (error) {
    await database.close()
    throw error
  }
  const layouts = createLayoutReader()
  const states = createHostStates(database, clock, log)
  return {
    ingest: createIngestStore(database, states),
    hosts: createHostStore(database, states, layouts),
    samples: createSampleStore(database, layouts),
    events: createEventStore(database),
    users: createUserStore(database),
    sessions: createSessionStore(database),
    tokens: createTokenStore(database),
    maintenance: createMaintenanceStore(database, layouts, states, clock, log),
    async close() {
      await states.close()
      await database.close()
    },
  }
}

/** The file that a database url means. Throws, with what to write instead, when it means none. */
export function sqliteFile(url: string, dataDir: string): string {
  if (/^(mysql|mariadb):/.test(url))
    throw new Error('MySQL and MariaDB are not in this version: set database.url to sqlite:monitor.db')
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '') : ''
  if (path === '' || path === ':memory:')
    throw new Error(
      `database.url is ${JSON.stringify(url)}: sqlite: and a path is expected, as in sqlite:monitor.db`,
    )
  return isAbsolute(path) ? path : join(dataDir, path)
}
