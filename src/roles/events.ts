import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { isSeverity } from '../domain/event.ts'
import { EventEngine } from '../events/cycle.ts'
import type { Task } from '../events/task.ts'
import { TASKS } from '../events/tasks/index.ts'
import { beat, HEARTBEAT_FILE } from '../service/heartbeat.ts'
import type { Store } from '../storage/ports/store.ts'
import { watchDisk } from './disk-watch.ts'
import { openNotifier, reloadNotifier } from './notifier.ts'
import { awaitConfiguredStore } from './open-store.ts'
import { type RoleContext, runRole } from './role.ts'
import { listCertificates } from './setup/certificate.ts'
import { readServerName } from './setup/server-name.ts'

/** `monitor events`: the event engine alone. */
export function runEvents(loaded: LoadedConfig): Promise<never> {
  const { config } = loaded
  return runRole('events', { loaded, parts: ['events'] }, async (context) => {
    const store = await awaitConfiguredStore(config, context)
    context.own('store', () => store.close())
    watchDisk(config, store, context)
    await startEvents(config, store, context)
  })
}

export async function startEvents(
  config: Config,
  store: Store,
  { clock, log, own, onReload }: RoleContext,
): Promise<void> {
  const { interval, availabilityCheck, availabilitySeverity, silenceGroup, clockSkew, heartbeatUrl } =
    config.events
  const notifier = openNotifier(config, { clock, log })
  own('channels', async () => notifier.close())
  onReload(reloadNotifier('events', notifier))
  const engine = new EventEngine({
    store,
    interval,
    looksBetween: true,
    retention: config.retention,
    watching: {
      check: availabilityCheck,
      severity: isSeverity(availabilitySeverity) ? availabilitySeverity : 1,
      isGrouping: silenceGroup,
      skew: clockSkew,
    },
    notifier,
    heartbeatUrl,
    holder: randomUUID(),
    random: Math.random,
    serverName: readServerName(config),
    listCertificates: () => listCertificates(config),
    clock,
    log,
    tasks: [...TASKS, leaveHeartbeat(config)],
  })
  own('events', () => engine.stop())
}

/** At the end of each cycle, for `monitor health events`. */
function leaveHeartbeat({ dataDir }: Config): Task {
  const file = join(dataDir, HEARTBEAT_FILE)
  return {
    name: 'heartbeat',
    every: 0,
    isEverywhere: true,
    run: async ({ clock }) => {
      beat(file, clock.nowMs())
      return false
    },
  }
}
