import type { Severity } from '../../domain/event.ts'
import { facetKey } from '../../domain/hosts/facet.ts'
import { type StateOfHost, stateOfHost } from '../../domain/hosts/host-state.ts'
import { createMaintenanceCalendar, type MaintenanceCalendar } from '../../domain/time/maintenance-window.ts'
import type { Clock } from '../../lib/clock.ts'
import type { FleetHost, Store } from '../../storage/ports/store.ts'

/** A host as maps, counts and rankings show it. */
export type FleetEntry = FleetHost &
  StateOfHost & {
    /** Of its open events; null without one. */
    readonly worst: Severity | null
  }

export type FleetCounts = {
  readonly up: number
  readonly down: number
  readonly maintenance: number
  /** Of those in maintenance, how many are silent. */
  readonly silent: number
}

/** All hosts as they were a moment ago. */
export type FleetView = {
  readonly entries: readonly FleetEntry[]
  readonly byName: ReadonlyMap<string, FleetEntry>
  readonly calendar: MaintenanceCalendar
  /** Of the open event of a metric of a host; null where there is none. */
  severityOf(host: string, metric: string): Severity | null
}

export type Fleet = {
  /**
   * Read at most so often that it takes a hundredth of the time: in a small fleet it is as new as any page, in one of ten
   * thousand hosts some seconds old.
   */
  read(): Promise<FleetView>
}

export type FleetOptions = {
  readonly store: Pick<Store, 'hosts' | 'events' | 'maintenanceWindows'>
  readonly clock: Clock
  /** Seconds without a packet after which a host counts as down. */
  readonly silence: number
}

/** It rests for so many times as long as reading it took. */
const REST = 100
/** Whoever asks waits for a reading that takes so long; a longer one goes on behind. */
const PATIENT_MS = 30

export function createFleet({ store, clock, silence }: FleetOptions): Fleet {
  let held: {
    readonly view: FleetView
    readonly end: number
    readonly took: number
    readonly revision: string
  } | null = null
  let running: Promise<FleetView> | null = null

  async function load(revision: string): Promise<FleetView> {
    const start = clock.monotonicMs()
    const [hosts, states, windows] = await Promise.all([
      store.hosts.fleet(),
      store.events.listOpenStates(),
      store.maintenanceWindows.list(),
    ])
    const view = makeView(hosts, states, createMaintenanceCalendar(windows), { now: clock.now(), silence })
    const end = clock.monotonicMs()
    held = { view, end, took: end - start, revision }
    return view
  }

  return {
    async read() {
      const age = held === null ? 0 : clock.monotonicMs() - held.end
      if (held !== null && age < held.took * REST) return held.view
      // Who is silent for too long changes without anything having come.
      const revision = `${await store.hosts.revision()} ${await store.events.revision()} ${Math.floor(clock.now() / 5)}`
      if (held?.revision === revision && held.took > 1) return held.view
      running ??= load(revision).finally(() => {
        running = null
      })
      if (held === null || held.took <= PATIENT_MS) return running
      // The next one sees it; a failure is seen by whoever reads the database next.
      running.catch(() => {})
      return held.view
    },
  }
}

function makeView(
  hosts: readonly FleetHost[],
  states: readonly { readonly host: string; readonly metric: string; readonly severity: Severity }[],
  calendar: MaintenanceCalendar,
  at: { readonly now: number; readonly silence: number },
): FleetView {
  const worst = new Map<string, Severity>()
  const byMetric = new Map<string, Severity>()
  for (const { host, metric, severity } of states) {
    if (severity < (worst.get(host) ?? 9)) worst.set(host, severity)
    byMetric.set(`${host}\n${metric}`, severity)
  }
  const entries = hosts.map((host) => ({
    ...host,
    ...stateOfHost(host, calendar, at),
    worst: worst.get(host.name) ?? null,
  }))
  return {
    entries,
    byName: new Map(entries.map((entry) => [entry.name, entry])),
    calendar,
    severityOf: (host, metric) => byMetric.get(`${host}\n${metric}`) ?? null,
  }
}

/** The hosts that are in one group of each list. */
export function filterFleet(
  entries: readonly FleetEntry[],
  facets: readonly (readonly string[])[],
): readonly FleetEntry[] {
  if (facets.length === 0) return entries
  return entries.filter(({ groups }) =>
    facets.every((alternatives) => alternatives.some((group) => groups.includes(group))),
  )
}

export function countFleet(entries: readonly FleetEntry[]): FleetCounts {
  const counts = { up: 0, down: 0, maintenance: 0, silent: 0 }
  for (const { state, isDown } of entries) {
    if (state === 'maintenance') {
      counts.maintenance++
      if (isDown) counts.silent++
    } else if (state === 'down') counts.down++
    else counts.up++
  }
  return counts
}

/** The facets that hosts have, by name; the one of plain groups is empty. */
export function listFacets(entries: readonly FleetEntry[]): string[] {
  const keys = new Set<string>()
  for (const { groups } of entries) for (const group of groups) keys.add(facetKey(group))
  return [...keys].sort((a, b) => Number(a === '') - Number(b === '') || (a < b ? -1 : 1))
}

/** Hosts by their value of a facet, the largest first; those without one come last, under an empty name. */
export function groupFleet(
  entries: readonly FleetEntry[],
  facet: string,
): { readonly name: string; readonly entries: readonly FleetEntry[] }[] {
  const groups = new Map<string, FleetEntry[]>()
  for (const entry of entries) {
    const name = entry.groups.find((group) => facetKey(group) === facet) ?? ''
    const members = groups.get(name)
    if (members) members.push(entry)
    else groups.set(name, [entry])
  }
  return [...groups]
    .map(([name, members]) => ({ name, entries: members }))
    .sort(
      (a, b) =>
        Number(a.name === '') - Number(b.name === '') ||
        b.entries.length - a.entries.length ||
        (a.name < b.name ? -1 : 1),
    )
}
