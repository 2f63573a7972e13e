import type { Event, EventAction, EventReport, Severity, SeverityCounts } from '../../domain/event.ts'
import type { Outage } from '../../domain/events/downtime.ts'
import type { RunningProcess } from '../../domain/events/running-process.ts'
import type { OpenPeriod } from '../../domain/hosts/state-history.ts'
import type { NotificationKind } from '../../domain/notifications/rule.ts'

/** Ports to events and to their notifications. Features take them from `store.ts`. */

/**
 * `newest` and `oldest` sort by the opening; `severity` has the worst first, of each severity the newest
 * first; `host` sorts by the names of the hosts, and is for open events alone: sorting a million takes too
 * long.
 */
export type EventOrder = 'newest' | 'oldest' | 'severity' | 'host'

export type EventQuery = {
  readonly status?: 'open' | 'closed'
  /** Events of several hosts belong to each of them. */
  readonly host?: string
  /** Of hosts that are in this group now. */
  readonly group?: string
  /** Of hosts that are in one group of each list. */
  readonly facets?: readonly (readonly string[])[]
  /**
   * Only events of one host, which is in one of these groups now, whatever the other conditions: events of
   * several hosts name hosts of other groups.
   */
  readonly withinGroups?: readonly string[]
  readonly metric?: string
  /** A part of the names of hosts, and words that all are in the name of the metric, in any case. */
  readonly hostPart?: string
  readonly metricWords?: readonly string[]
  readonly severity?: Severity
  readonly acknowledged?: boolean
  /** Opened at this time or later, and at this time or before. */
  readonly from?: number
  readonly to?: number
  /** Closed at this time or later. */
  readonly closedFrom?: number
  /**
   * All of them in message, metric or host, in any case of ASCII letters; looked for among the newest 20,000
   * events.
   */
  readonly words?: readonly string[]
  /** `newest` unless given. */
  readonly order?: EventOrder
  readonly offset?: number
  /** Only events after this one in the order `newest`, as the last of the previous page. */
  readonly after?: Pick<Event, 'opened' | 'id'>
  /** At most 1000. */
  readonly limit?: number
  /**
   * False where the number of matching events is not needed: `total` is then at most the number of returned
   * events.
   */
  readonly isCounted?: false
}

/** One thing that happened to an event. */
export type EventHistoryEntry = {
  readonly action: EventAction
  /** By the clock of the agent, server or user that made the change. */
  readonly time: number
  /** By the server's clock. */
  readonly noted: number
  readonly severity: Severity
  /** The user; null for the agent or the server itself. */
  readonly actor: string | null
  readonly comment: string | null
}

export type NotificationState = 'waiting' | 'sent' | 'failed'

/** A notification of an event with every attempt to send it. */
export type Delivery = {
  readonly kind: NotificationKind
  /** Name of the rule as it was when the notification was written. */
  readonly rule: string
  readonly channel: string
  readonly target: string
  readonly created: number
  readonly state: NotificationState
  /** When it is tried again; null when it is not. */
  readonly due: number | null
  readonly attempts: readonly DeliveryAttempt[]
}

/** How many notifications of an event were sent, failed for good, and wait. */
export type DeliverySum = {
  readonly sent: number
  readonly failed: number
  readonly waiting: number
  /** The newest sent one, with the answer of its receiver; null without one. */
  readonly receipt: (DeliveryAttempt & { readonly channel: string }) | null
}

export type DeliveryAttempt = {
  readonly time: number
  readonly isDelivered: boolean
  /** The answer of the receiver, or the reason why there is none. */
  readonly answer: string
}

/** The actions of users on events. */
export type EventChanges = {
  /**
   * By hand. False when there is none or it is not in the other state. Closed while its reporter still sees
   * the problem, it stays closed until the problem has ended and occurs again.
   */
  close(id: number, by: string, at: number, comment?: string): Promise<boolean>
  /** False also while another event of the same metric of the host is open. */
  reopen(id: number, by: string, at: number, comment?: string): Promise<boolean>
  /**
   * False when there is none or it is not open. A second acknowledgement by another user, or with another
   * comment, is noted too.
   */
  acknowledge(id: number, by: string, at: number, comment?: string): Promise<boolean>
  /** False when there is none. */
  comment(id: number, by: string, at: number, comment: string): Promise<boolean>
  /**
   * Changes each of them as the method of that name does, but takes none over from another user; returns the ids of
   * the changed ones. When it rejects, those of earlier commits (of a hundred) are changed: call it again for the rest.
   */
  changeAll(
    what: 'close' | 'reopen' | 'acknowledge',
    ids: readonly number[],
    doer: { readonly by: string; readonly at: number; readonly comment?: string | undefined },
  ): Promise<number[]>
  /**
   * Takes back what `by` did at `done`, if nothing has happened to the event since then. Only events that `ids` names,
   * or all of that second.
   */
  undo(
    what: 'close' | 'acknowledge',
    change: {
      readonly by: string
      readonly done: number
      readonly at: number
      readonly ids?: readonly number[] | undefined
    },
  ): Promise<UndoResult>
}

/**
 * The result of taking back a change: events that are as before, and those that stay because of a later
 * change.
 */
export type UndoResult = {
  readonly undone: readonly number[]
  /** The newest change of each, by whom (null for an agent or the server) and when. */
  readonly kept: readonly {
    readonly id: number
    readonly action: EventAction
    readonly actor: string | null
    readonly time: number
  }[]
}

/** A host and the times between which it is known, in seconds since 1970. */
export type KnownSpan = { readonly name: string; readonly firstSeen: number; readonly lastSeen: number }

export type EventStore = EventChanges & {
  /** Outages of these hosts that touch the period, by host; `to` of an outage is null while it lasts. */
  listOutages(
    spans: readonly KnownSpan[],
    from: number,
    to: number,
  ): Promise<ReadonlyMap<string, readonly Outage[]>>
  find(id: number): Promise<Event | null>
  /** In the requested order. `total` counts up to 10,000; `isMore` is true when there are more than that. */
  list(query: EventQuery): Promise<{ total: number; isMore: boolean; events: Event[] }>
  /**
   * The most severe first, the newest of each severity first; reads no more than it returns, and has no
   * `offset`.
   */
  listWorst(query: Omit<EventQuery, 'severity' | 'offset'> & { readonly limit: number }): Promise<Event[]>
  /**
   * Open events of each of these hosts (at most 1000 names); a host without one is not in the map. Those of
   * several hosts count for none.
   */
  countOpenOf(hosts: readonly string[]): Promise<ReadonlyMap<string, SeverityCounts>>
  /**
   * The number of matching events of each severity, among the newest 10,000 that match, whatever `offset` and
   * `limit`.
   */
  countBySeverity(query: EventQuery): Promise<SeverityCounts>
  /** Which metrics of which hosts have an open event, and how bad it is; at most 20,000, the worst first. */
  listOpenStates(): Promise<
    readonly { readonly host: string; readonly metric: string; readonly severity: Severity }[]
  >
  /**
   * The times when events were open, since `from`; events are grouped where they began and ended in the same
   * slots of `slot` seconds, and those from before `from` count from its beginning.
   */
  listOpenTimes(
    query: Pick<EventQuery, 'facets'>,
    from: number,
    slot: number,
  ): Promise<
    readonly {
      readonly severity: Severity
      readonly opened: number
      readonly closed: number | null
      /** How many events. */
      readonly count: number
    }[]
  >
  /**
   * When events of these hosts (at most 1000 names) were open since `from`, put together by slots of `slot` seconds: a
   * beginning counts from the begin of its slot, an end to its end. An event of several hosts is one of each.
   */
  listOpenTimesOf(
    hosts: readonly string[],
    from: number,
    slot: number,
  ): Promise<ReadonlyMap<string, OpenPeriod[]>>
  /** Grows with every change of an event, by an agent, the server or a user. */
  revision(): Promise<number>
  /** Oldest first. */
  history(id: number): Promise<EventHistoryEntry[]>
  /** The processes that ran when the problem began; empty when they were not recorded. */
  processes(id: number): Promise<RunningProcess[]>
  /** Oldest first, at most the newest 500. */
  deliveries(id: number): Promise<Delivery[]>
  /** How the notifications of these events (at most 1000) did; an event without one is not in the map. */
  deliverySums(ids: readonly number[]): Promise<ReadonlyMap<number, DeliverySum>>
  /**
   * Applies the server's own reports about a host like those of agents; the host does not count as seen by
   * it. False when there is no such host.
   */
  report(host: string, reports: readonly EventReport[]): Promise<boolean>
}

export type EngineReport = {
  /** Null for an event of several hosts, which are `members`, or of one that is perhaps not watched. */
  readonly host: string | null
  readonly members?: readonly string[]
  readonly report: EventReport
}

/** The methods that only the event engine needs to watch the hosts. */
export type WatchStore = {
  /**
   * Every host with the server's clock at its newest packet. A time in the future of `now` was written by a
   * wrong clock; it is changed to `now` for good, so that the host's silence counts from here.
   */
  listLastSeen(now: number): Promise<{ name: string; lastSeen: number }[]>
  /**
   * The differences of the hosts' clocks, in seconds: agent's minus server's; without hosts that reported
   * none.
   */
  listClocks(): Promise<{ name: string; lastSeen: number; skew: number }[]>
  /** Events of a metric whose problem their reporter still sees: open, or closed by hand. */
  listSeen(metric: string): Promise<{ host: string; opened: number; uid: string | null; message: string }[]>
  /** Ends the events of `KEY_MISMATCH` and `AGENT_COPY` whose newest attempt was seen before that time; how many. */
  resolveAttempts(before: number, at: number): Promise<number>
  /** In one commit, with what the engine has to remember of it. Unknown hosts are left out. */
  report(
    reports: readonly EngineReport[],
    at: number,
    memory?: { name: string; value: string | null },
  ): Promise<void>
  /** For `recall`; in place of what was remembered under this name. */
  remember(name: string, value: string): Promise<void>
  /** Null when there is none of this name. */
  recall(name: string): Promise<string | null>
  /** True when `holder` may act until `now + seconds`: the lease is free, expired, or its own. */
  takeLease(name: string, holder: string, now: number, seconds: number): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>
}
