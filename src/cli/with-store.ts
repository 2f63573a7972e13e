import { existsSync } from 'node:fs'
import type { LoadedConfig } from '../config/load.ts'
import { systemClock } from '../lib/clock.ts'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { createLog } from '../lib/log.ts'
import type { CommandInput } from '../roles/command.ts'
import { openConfiguredStore } from '../roles/open-store.ts'
import type { Store } from '../storage/ports/store.ts'
import { noteShellChange } from './audit.ts'

export type WithStoreOptions = {
  readonly create?: boolean
  /** For the audit log, when the command succeeds: what it does, and to what. */
  readonly change?: readonly [action: string, detail: string] | null
}

/**
 * Runs a command on the database and closes it again. Without `create` the data folder has to exist already:
 * a command that only reads must not leave an empty database in the current folder.
 */
export async function withStore(
  input: CommandInput,
  act: (store: Store, loaded: LoadedConfig) => Promise<number>,
  { create = false, change = null }: WithStoreOptions = {},
): Promise<number> {
  const loaded = input.load()
  const { dataDir, database } = loaded.config
  if (!create && database.url.startsWith('sqlite:') && !existsSync(dataDir))
    throw new CommandError(`there is no data in ${dataDir}: is this the right --config or --data-dir?`)
  // The error of a command is its own last line: a warning before it would repeat it.
  const store = await openConfiguredStore(
    loaded.config,
    systemClock,
    createLog({ format: 'text', level: 'error' }),
  )
  try {
    const code = await act(store, loaded)
    if (change !== null && code === EXIT.ok) await noteShellChange(store.audit, ...change)
    return code
  } finally {
    await store.close()
  }
}
