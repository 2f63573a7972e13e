import type { Host, HostSort } from '../../../domain/hosts/host.ts'
import type { HostStore } from '../../../storage/ports/store.ts'
import { type FleetEntry, rememberOf } from '../../fleet/fleet.ts'

/**
 * Values of each host that the map of all hosts holds anyway: reading them again for a page would take 10 ms.
 */
const VALUES: { readonly [sort in HostSort]?: (entry: FleetEntry) => number | null } = {
  processor: (entry) => entry.processor,
  memory: (entry) => entry.memory,
  disk: (entry) => entry.disk,
  network: (entry) => entry.network,
}

const sortsOf = rememberOf((_entries) => new Map<string, readonly FleetEntry[]>())

/**
 * The hosts in the order of a value, those without one last and equal ones by name; null for sorts of another kind. Of the
 * same list it is computed once.
 */
export function sortByValue(
  entries: readonly FleetEntry[],
  sort: HostSort,
  isDescending: boolean,
): readonly FleetEntry[] | null {
  const read = VALUES[sort]
  if (read === undefined) return null
  const known = sortsOf(entries)
  const key = `${sort} ${isDescending}`
  const held = known.get(key)
  if (held !== undefined) return held
  const sign = isDescending ? -1 : 1
  const valued = entries.map((entry) => ({ entry, value: read(entry) }))
  // Sorting is stable, and the entries are in the order of their names.
  const sorted = [
    ...valued.filter(({ value }) => value !== null).sort((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0))),
    ...valued.filter(({ value }) => value === null),
  ].map(({ entry }) => entry)
  known.set(key, sorted)
  return sorted
}

type Page = { readonly offset: number; readonly limit: number; readonly upSince: number }

/** A page of hosts in this order. */
export async function readSorted(
  store: Pick<HostStore, 'list'>,
  sorted: readonly FleetEntry[],
  { offset, limit, upSince }: Page,
): Promise<{ total: number; hosts: Host[] }> {
  const names = sorted.slice(offset, offset + limit).map(({ name }) => name)
  const { hosts } = await store.list({ names, limit, upSince })
  const byName = new Map(hosts.map((host) => [host.name, host]))
  return { total: sorted.length, hosts: names.flatMap((name) => byName.get(name) ?? []) }
}
