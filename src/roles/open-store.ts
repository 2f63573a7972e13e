import { existsSync } from 'node:fs'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { createLog, type Log } from '../lib/log.ts'
import type { Store } from '../storage/store.ts'
import type { CommandInput } from './command.ts'
import { CommandError } from './exit-codes.ts'
import { openDataDir } from './first-start.ts'

/** Opens the database of the configuration, making it when it is not there. */
export async function openConfiguredStore(config: Config, clock: Clock, log: Log): Promise<Store> {
  openDataDir(config.dataDir)
  const { openStore } = await import('../storage/open.ts')
  return openStore(config.database.url, { dataDir: config.dataDir, clock, log })
}

/**
 * Runs a command on the database and closes it again. Without `create` the data folder has to be there already: a command that only looks
 * must not leave an empty database where somebody happened to stand.
 */
export async function withStore(
  input: CommandInput,
  act: (store: Store, loaded: LoadedConfig) => Promise<number>,
  { create = false } = {},
): Promise<number> {
  const loaded = input.load()
  const { dataDir, log } = loaded.config
  if (!create && !existsSync(dataDir))
    throw new CommandError(`there is no data in ${dataDir}: is this the right --config or --data-dir?`)
  const level = log.level === 'error' ? 'error' : 'warn'
  const store = await openConfiguredStore(loaded.config, systemClock, createLog({ ...log, level }))
  try {
    return await act(store, loaded)
  } finally {
    await store.close()
  }
}
