import type { Severity } from '../../domain/event.ts'
import { facetKey } from '../../domain/hosts/facet.ts'
import { type StateOfHost, stateOfHost } from '../../domain/hosts/host-state.ts'
import {
  createMaintenanceCalendar,
  type MaintenanceCalendar,
  type MaintenanceWindow,
} from '../../domain/time/maintenance-window.ts'
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
  /** The server's clock when the hosts were read: who was silent for too long then is down. */
  readonly now: number
  /** How this view counts a host, so that its row says the same; a host that is newer than the view is looked at alone. */
  stateOf(host: Pick<FleetHost, 'name' | 'lastSeen' | 'latestTime'>): StateOfHost
}

export type Fleet = {
  /**
   * In a small fleet it is as new as any page. One that takes long to read is read at most a hundredth of the time, and
   * may be some seconds old.
   */
  read(): Promise<FleetView>
}

export type FleetOptions = {
  readonly store: Pick<Store, 'hosts' | 'events' | 'maintenanceWindows'>
  readonly clock: Clock
  /** Seconds without a packet after which a host counts as down. */
  readonly silence: number
}

/** The view of a large fleet is kept for this many times as long as reading it took. */
const REST = 100
/** For at most this many hosts, a request waits for the reading; a larger fleet is read in the background. */
const SMALL = 1000

export function createFleet({ store, clock, silence }: FleetOptions): Fleet {
  let held: {
    readonly view: FleetView
    readonly end: number
    readonly took: number
    readonly revision: string
  } | null = null
  let running: Promise<FleetView> | null = null

  async function load(revision: string, windows: readonly MaintenanceWindow[]): Promise<FleetView> {
    const start = clock.monotonicMs()
    const [hosts, states] = await Promise.all([store.hosts.fleet(), store.events.listOpenStates()])
    const view = makeView(hosts, states, createMaintenanceCalendar(windows), { now: clock.now(), silence })
    const end = clock.monotonicMs()
    held = { view, end, took: end - start, revision }
    return view
  }

  return {
    async read() {
      const isLarge = held !== null && held.view.entries.length > SMALL
      if (held !== null && isLarge && clock.monotonicMs() - held.end < held.took * REST) return held.view
      const [seen, changed, windows] = await Promise.all([
        store.hosts.revision(),
        store.events.revision(),
        store.maintenanceWindows.list(),
      ])
      // The clock is part of it because a host goes down without any change in the database.
      const revision = `${seen} ${changed} ${clock.now()} ${JSON.stringify(windows)}`
      if (held?.revision === revision) return held.view
      running ??= load(revision, windows).finally(() => {
        running = null
      })
      if (held === null || !isLarge) return running
      // The next request gets the new view; a failure also occurs in the next request that reads the
      // database.
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
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  return {
    entries,
    byName,
    calendar,
    now: at.now,
    stateOf: (host) => byName.get(host.name) ?? stateOfHost(host, calendar, at),
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

/**
 * Remembers what was computed of a list of hosts for as long as the list is there: of all hosts it is the same for every
 * request until the fleet is read again.
 */
export function rememberOf<T>(
  compute: (entries: readonly FleetEntry[]) => T,
): (entries: readonly FleetEntry[]) => T {
  const known = new WeakMap<readonly FleetEntry[], { readonly value: T }>()
  return (entries) => {
    const held = known.get(entries) ?? { value: compute(entries) }
    known.set(entries, held)
    return held.value
  }
}

export const countFleet = rememberOf((entries): FleetCounts => {
  const counts = { up: 0, down: 0, maintenance: 0, silent: 0 }
  for (const { state, isDown } of entries) {
    if (state === 'maintenance') {
      counts.maintenance++
      if (isDown) counts.silent++
    } else if (state === 'down') counts.down++
    else counts.up++
  }
  return counts
})

/** The facets that hosts have, by name; the one of plain groups is empty. */
export const listFacets = rememberOf((entries): readonly string[] => {
  const keys = new Set<string>()
  for (const { groups } of entries) for (const group of groups) keys.add(facetKey(group))
  return [...keys].sort((a, b) => Number(a === '') - Number(b === '') || (a < b ? -1 : 1))
})

export type FleetGroup = { readonly name: string; readonly entries: readonly FleetEntry[] }

const groupsOf = rememberOf((_entries) => new Map<string, readonly FleetGroup[]>())

/** Hosts by their value of a facet, the largest first; those without one come last, under an empty name. */
export function groupFleet(entries: readonly FleetEntry[], facet: string): readonly FleetGroup[] {
  const known = groupsOf(entries)
  const held = known.get(facet) ?? computeGroups(entries, facet)
  known.set(facet, held)
  return held
}

function computeGroups(entries: readonly FleetEntry[], facet: string): FleetGroup[] {
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
