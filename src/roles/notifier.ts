import { randomUUID } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import { siteAddress } from '../domain/site-address.ts'
import { CHANNEL_SECTIONS, WITHOUT_SETTINGS } from '../events/channels/index.ts'
import { createNotifier, type RenewableNotifier } from '../events/notifier.ts'
import { parseAddressRange } from '../lib/address-range.ts'
import { readFullName } from '../platform/machine.ts'
import { openProcFs } from '../platform/proc.ts'
import type { Reload } from './reload.ts'
import type { RoleContext } from './role.ts'

/** Every channel of the configuration, with this machine as the sender. */
export function openNotifier(
  config: Config,
  { clock, log }: Pick<RoleContext, 'clock' | 'log'>,
): RenewableNotifier {
  return createNotifier({
    settings: { ...WITHOUT_SETTINGS, ...config },
    machine: readFullName(openProcFs()),
    allowAddresses: config.notifications.allowAddresses.flatMap((range) => parseAddressRange(range) ?? []),
    zone: readZone(config),
    webUrl: config.web.url === null ? null : siteAddress(config.web.url, config.web.basePath ?? ''),
    makeId: randomUUID,
    clock,
    log,
  })
}

/** Settings that a notifier applies while it runs; `part` names their owner. */
export function reloadNotifier(part: string, notifier: RenewableNotifier): Reload {
  return {
    part: `${part}: channels`,
    // The channel `log` has none: the section of this name is that of the program's own log.
    keys: Object.keys(CHANNEL_SECTIONS).map((name) => `${name}.`),
    act: (wanted) => notifier.renew({ ...WITHOUT_SETTINGS, ...wanted }),
  }
}

/** The zone of the configuration, otherwise this machine's. */
export function readZone(config: Config): string {
  return config.events.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}
