import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { OpenStoreChoices } from '../storage/open.ts'
import type { PolicyChoices, Store } from '../storage/ports/store.ts'
import type { RoleContext } from './role.ts'
import { describeDatabaseServer } from './setup/database-server.ts'
import { openDataDir } from './setup/first-start.ts'

/** A role that starts before its database asks for it so often. */
const AWAY_MS = 2000

type StoreChoices = Pick<OpenStoreChoices, 'hasReadingThread'>

/**
 * Opens the database of the configuration, making it when it is not there. Rejects when it is gone from a folder
 * that is in use; with `DatabaseRefusedError` when a server does not take us, or we don't take its certificate.
 */
export async function openConfiguredStore(
  config: Config,
  clock: Clock,
  log: Log,
  choices: StoreChoices = {},
): Promise<Store> {
  const { openStore } = await import('../storage/open.ts')
  const server = describeDatabaseServer(config)
  const policy = describeIngestPolicy(config)
  const { url } = config.database
  const isFile = url.startsWith('sqlite:')
  const { noteDatabaseInUse, refuseMissingDatabase } = await import('../storage/in-use.ts')
  // A command on a database elsewhere leaves no folder where it was run.
  if (isFile) {
    openDataDir(config.dataDir)
    refuseMissingDatabase(url, config.dataDir)
  }
  const options = { dataDir: config.dataDir, clock, log, server, policy, ...choices }
  const store = await openStore(url, options)
  if (isFile) noteDatabaseInUse(url, config.dataDir)
  return store
}

/** The bounds on growth from the configuration. */
export function describeIngestPolicy({ collect }: Config): PolicyChoices {
  const { newHosts, maxNewHosts, maxHosts, maxMetrics, maxOpenEvents, maxFacts } = collect
  return {
    newHosts,
    bounds: {
      newHostsPerMinute: maxNewHosts,
      hosts: maxHosts,
      metricsPerHost: maxMetrics,
      openEventsPerHost: maxOpenEvents,
      factsBytes: maxFacts,
    },
  }
}

/**
 * The same for a role: one that starts before its database, or while that is away, waits for it. Rejects with
 * the reason of `stopping` as soon as the role is to stop: a server that swallows what it is sent would keep
 * it from that for as long as a statement may take.
 */
export async function awaitConfiguredStore(
  config: Config,
  { clock, log, stopping }: Pick<RoleContext, 'clock' | 'log' | 'stopping'>,
  choices: StoreChoices = {},
): Promise<Store> {
  // A role keeps more there than a database.
  openDataDir(config.dataDir)
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(stopping.reason)
  // Nobody may be waiting for it when it comes.
  stopped.promise.catch(() => {})
  stopping.addEventListener('abort', stop)
  try {
    for (;;) {
      stopping.throwIfAborted()
      const opening = openConfiguredStore(config, clock, log, choices)
      try {
        return await Promise.race([opening, stopped.promise])
      } catch (error) {
        if (stopping.aborted) {
          opening.then((store) => store.close()).catch(() => {})
          throw stopping.reason
        }
        if (!(error instanceof Error && error.name === 'DatabaseAwayError')) throw error
        log.warn('waiting for the database', { error: describeError(error) })
        const rested = Promise.withResolvers<void>()
        const rest = clock.after(AWAY_MS, rested.resolve)
        await Promise.race([rested.promise, stopped.promise]).finally(() => rest.cancel())
      }
    }
  } finally {
    stopping.removeEventListener('abort', stop)
  }
}
