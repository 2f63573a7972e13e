import { startCollectEngine } from '../collect/engine.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { Store } from '../storage/store.ts'
import { keepPassphrase } from './first-start.ts'
import { openConfiguredStore } from './open-store.ts'
import { type RoleContext, runRole } from './role.ts'

/** `monitor collect`: the collect engine alone. */
export function runCollect({ config }: LoadedConfig): Promise<never> {
  return runRole('collect', config.log, async (context) => {
    const store = await openConfiguredStore(config, context.clock, context.log)
    context.own('store', () => store.close())
    await startCollect(config, store, context)
  })
}

/** What agents have to say: from the configuration, else what this server made up at its first start. */
export function choosePassphrase(config: Config): string {
  return config.collect.passphrase ?? keepPassphrase(config.dataDir)
}

/** Resolves with the port that it listens at. */
export async function startCollect(
  config: Config,
  store: Store,
  { clock, log, own }: RoleContext,
): Promise<number> {
  const { address, port } = config.collect
  const engine = await startCollectEngine({
    address,
    port,
    passphrases: [choosePassphrase(config)],
    store: store.ingest,
    clock,
    log,
  })
  own('collect', () => engine.stop())
  const listening = engine.port ?? port
  log.info('listening', { role: 'collect', address, port: listening })
  return listening
}
