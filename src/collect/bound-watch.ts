import type { EventReport } from '../domain/event.ts'
import { boundMetric } from '../domain/metrics/declared/server-events.ts'

/** The bounds that are watched, each with its subject and the setting that holds its value. */
export const WATCHED_BOUNDS = {
  new_hosts: ['new hosts a minute', 'collect.max_new_hosts', 'reports of new hosts'],
  hosts: ['hosts', 'collect.max_hosts', 'reports of new hosts'],
  metrics: ['metrics of a host', 'collect.max_metrics', 'values'],
  open_events: ['open events of a host', 'collect.max_open_events', 'openings of events'],
  facts: ['bytes of what a host says of itself', 'collect.max_facts', 'lists of facts'],
  free_space: ['free space for the database', 'collect.min_free', 'reports, which wait with their agents'],
} as const

export type WatchedBound = keyof typeof WATCHED_BOUNDS

/** Names in the message of an event. */
const MAX_NAMES = 10
/** A bound that was not hit for this many seconds is not a problem any more. */
const QUIET_SECONDS = 600

type BoundState = { count: number; readonly names: Set<string>; lastHit: number; isNew: boolean }

/** Gathers the refusals by the bounds on growth, and makes one event of each bound. */
export class BoundWatch {
  readonly #states = new Map<WatchedBound, BoundState>()
  /** A process before this one may have left events open. */
  readonly #unsure = new Set(Object.keys(WATCHED_BOUNDS) as WatchedBound[])
  readonly #began: number

  /** `now` is the server's clock. */
  constructor(now: number) {
    this.#began = now
  }

  note(bound: WatchedBound, host: string, count: number, now: number): void {
    const state = this.#states.get(bound) ?? { count: 0, names: new Set(), lastHit: now, isNew: true }
    state.count += count
    state.lastHit = now
    state.isNew = true
    if (host !== '' && !state.names.has(host) && state.names.size < MAX_NAMES) state.names.add(host)
    this.#states.set(bound, state)
    this.#unsure.delete(bound)
  }

  /** The reports of events that are due now; called about once a minute. */
  takeReports(now: number): EventReport[] {
    const reports: EventReport[] = []
    for (const [bound, state] of this.#states)
      if (state.isNew) {
        state.isNew = false
        reports.push(describeBound(bound, state, now))
      } else if (now - state.lastHit >= QUIET_SECONDS) {
        this.#states.delete(bound)
        reports.push(closeBound(bound, now))
      }
    if (now - this.#began >= QUIET_SECONDS) {
      for (const bound of this.#unsure) reports.push(closeBound(bound, now))
      this.#unsure.clear()
    }
    return reports
  }
}

function describeBound(bound: WatchedBound, { count, names }: BoundState, time: number): EventReport {
  const [subject, setting, what] = WATCHED_BOUNDS[bound]
  const listed = [...names].join(', ')
  const from = listed === '' ? '' : `, of ${listed}${names.size === MAX_NAMES ? ' and perhaps more' : ''}`
  return {
    ...common(bound, time),
    status: 'open',
    message: `The bound on ${subject} was reached (${setting}): ${count} ${what} refused${from}`.slice(
      0,
      1024,
    ),
  }
}

const closeBound = (bound: WatchedBound, time: number): EventReport => ({
  ...common(bound, time),
  status: 'closed',
  message: `Nothing was refused for the bound on ${WATCHED_BOUNDS[bound][0]} for ${QUIET_SECONDS / 60} minutes`,
})

const common = (bound: WatchedBound, time: number) =>
  ({ uid: null, change: 0, time, metric: boundMetric(bound), severity: 2 }) as const
