import { randomUUID } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import { createNotifier, type Notifier } from '../events/notifier.ts'
import { readFullName } from '../platform/machine.ts'
import { openProcFs } from '../platform/proc.ts'
import type { RoleContext } from './role.ts'

/** Every channel of the configuration, with this machine as the sender. */
export function openNotifier(config: Config, { clock, log }: Pick<RoleContext, 'clock' | 'log'>): Notifier {
  const sections: Readonly<Record<string, unknown>> = config
  return createNotifier({
    settings: (channel) => (sections[channel] ?? {}) as Readonly<Record<string, unknown>>,
    machine: readFullName(openProcFs()),
    zone: readZone(config),
    webUrl: config.web.url,
    makeId: randomUUID,
    clock,
    log,
  })
}

/** That of the configuration, else this machine's. */
export function readZone(config: Config): string {
  return config.events.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}
