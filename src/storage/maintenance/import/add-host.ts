import { IMPORT_SILENCE } from '../../../domain/events/availability.ts'
import type { HostFacts } from '../../../domain/hosts/host.ts'
import { AVAILABILITY } from '../../../domain/metrics/declared/server-events.ts'
import type { Transaction } from '../../database/database.ts'
import { applyReports } from '../../events/apply-reports.ts'
import { addHost } from '../../hosts/host-cache.ts'
import { aReport, type ImportOptions } from './import-options.ts'

export type NewHost = { readonly name: string; readonly seen: number; readonly facts?: HostFacts }

type SilenceOptions = Pick<ImportOptions, 'now' | 'availabilitySeverity'>

/** Makes a host, and returns its id. */
export async function addImportedHost(
  transaction: Transaction,
  { name, seen, facts }: NewHost,
  options: SilenceOptions,
): Promise<number> {
  // The event closes once the host was seen after it: reports that it sent to the original with a fast clock
  // must not count.
  const last = Math.min(seen, options.now - 1)
  const { id } = await addHost(transaction, aReport(name, last, { facts: facts ?? null }))
  await markImported(transaction, { id, name }, options)
  return id
}

/**
 * The name of an imported host goes to the key of the first agent that reports; agents of the original, which
 * have no key, are accepted as well until then. An event about its silence is open from the beginning and
 * sends no notification: without it the event engine would open one and notify about every host that is not
 * moved yet.
 */
export async function markImported(
  transaction: Transaction,
  { id, name }: { readonly id: number; readonly name: string },
  { now, availabilitySeverity: severity }: SilenceOptions,
) {
  await transaction.run('UPDATE host SET is_released = 1 WHERE id = ?', [id])
  const message = `${name} has not reported to this server since it was imported`
  const opening = {
    uid: IMPORT_SILENCE,
    change: 1,
    time: now,
    metric: AVAILABILITY.name,
    severity,
    message,
  } as const
  await applyReports(transaction, id, [{ ...opening, status: 'open' }], { seen: now })
}

/** Imported hosts that have not reported here yet. */
export async function countSilent({ database }: Pick<ImportOptions, 'database'>): Promise<number> {
  const [row] = await database.query<{ total: number }>(
    'SELECT COUNT(*) AS total FROM event WHERE is_open = 1 AND uid = ?',
    [IMPORT_SILENCE],
  )
  return row?.total ?? 0
}
