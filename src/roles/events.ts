import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { startEventEngine } from '../events/cycle.ts'
import type { Store } from '../storage/store.ts'
import { listCertificates } from './certificate.ts'
import { openConfiguredStore } from './open-store.ts'
import { type RoleContext, runRole } from './role.ts'
import { readServerName } from './server-name.ts'

/** `monitor events`: the event engine alone. */
export function runEvents({ config }: LoadedConfig): Promise<never> {
  return runRole('events', config.log, async (context) => {
    const store = await openConfiguredStore(config, context.clock, context.log)
    context.own('store', () => store.close())
    await startEvents(config, store, context)
  })
}

export async function startEvents(
  config: Config,
  store: Store,
  { clock, log, own }: RoleContext,
): Promise<void> {
  const { interval } = config.events
  const engine = await startEventEngine({
    store,
    interval,
    retention: config.retention,
    serverName: readServerName(config),
    listCertificates: () => listCertificates(config),
    clock,
    log,
  })
  own('events', () => engine.stop())
}
