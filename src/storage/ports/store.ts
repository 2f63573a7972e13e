import type { ReceivedNumbers, ReportedQueue } from '../../domain/audit/received-numbers.ts'
import type { EventReport } from '../../domain/event.ts'
import type { Host, HostFacts, HostSort, HostStatus } from '../../domain/hosts/host.ts'
import type { Frame, Series } from '../../domain/sample.ts'
import type { SummarizedSeries } from '../../domain/series.ts'
import type { ReportedThreshold } from '../../domain/thresholds/reported-threshold.ts'
import type { DataAuditStore } from './data-audit.ts'
import type { EnrolmentStore } from './enrolment.ts'
import type { EventStore, KnownSpan, WatchStore } from './events.ts'
import type { MaintenanceStore } from './maintenance.ts'
import type { MaintenanceWindowStore, RuleStore, TargetStore } from './named-stores.ts'
import type { OutboxStore } from './outbox.ts'
import type { SecondFactorStore } from './second-factors.ts'
import type { AuditStore, SavedViewStore, SessionStore, TokenStore, UserStore } from './users.ts'

export type * from './data-audit.ts'
export type * from './enrolment.ts'
export type * from './events.ts'
export type * from './maintenance.ts'
export type * from './named-stores.ts'
export type * from './outbox.ts'
export type * from './second-factors.ts'
export type * from './users.ts'

/**
 * The port to the server's database. Features ask for the narrowest of these types that serves them; only
 * `roles/` opens one. Everything is asynchronous, because one of the two databases is on a network.
 * Times are whole seconds since 1970.
 */

/** The content of one packet for one host. */
export type HostReport = {
  readonly host: string
  /**
   * SHA-256 of the key that the sender has given for the host, in hexadecimal; null or absent when it has
   * none.
   */
  readonly keyHash?: string | null
  /** Names that the machine had before, the newest first; absent where the packet contains none. */
  readonly formerNames?: readonly string[]
  /** Null when the packet does not repeat them. The first report of a host should have them. */
  readonly facts: HostFacts | null
  /** Server's clock at arrival. */
  readonly seen: number
  /** Agent's clock minus server's clock, in seconds; null when not known. */
  readonly clockSkew: number | null
  readonly frames: readonly Frame[]
  /**
   * Frames from the future, of a sender that can't keep them itself. They are kept apart until `admitWaiting`
   * makes samples of them: of one host as many as an agent sends in 7 days, then the oldest are dropped.
   */
  readonly waiting?: readonly Frame[]
  /**
   * The sender's spelling of metric names that are stored under another one, by the stored name; absent where
   * there is no such name.
   */
  readonly spellings?: Readonly<Record<string, string>>
  readonly events: readonly EventReport[]
  /** All events that are open on the agent; null or absent when the report does not list them. */
  readonly open?: readonly EventReport[] | null
  /** The queue that the agent sends from; null or absent for agents that number nothing. */
  readonly queue?: ReportedQueue | null
  /** Null or absent for agents that number nothing. */
  readonly numbers?: ReceivedNumbers | null
  /** True for a greeting: it describes the host, and does not show that its samples arrive. */
  readonly isGreeting?: boolean
  /**
   * True when the sender is known by the key of this host alone: then it neither makes a host nor takes a
   * name.
   */
  readonly isByKey?: boolean
}

/** The rules of a collect engine for additions by agents. */
export type IngestPolicy = {
  /** `approve`: reports of a new host are refused until a user approves it, unless it joined by a code. */
  readonly newHosts: 'accept' | 'approve'
  readonly bounds: GrowthBounds
}

/** A policy of which the rest bounds nothing. */
export type PolicyChoices = {
  readonly newHosts?: IngestPolicy['newHosts']
  readonly bounds?: Partial<GrowthBounds>
}

/** How much agents may add to the database. Whoever joins by a code or was approved is not bounded by hosts. */
export type GrowthBounds = {
  /** New hosts that one engine makes within a minute. */
  readonly newHostsPerMinute: number
  readonly hosts: number
  readonly metricsPerHost: number
  readonly openEventsPerHost: number
  /** Bytes of the facts of a host, as JSON. */
  readonly factsBytes: number
}

/** Something of a report that was not stored because there would be too much of its kind. */
export type BoundHit = {
  readonly bound: 'new_hosts' | 'hosts' | 'metrics' | 'open_events' | 'facts'
  readonly host: string
  readonly count: number
  readonly report: HostReport
}

export type WriteRefusal = 'foreign' | 'copy' | 'stale' | 'waiting' | 'full'

export type IngestStore = {
  /**
   * Writes all reports in one commit; when the promise resolves they are on disk. Writing the same again
   * changes nothing; for a metric that has a value at that time already, the newer write wins. Rejects as a
   * whole: nothing of it is stored then.
   *
   * A new host belongs to the first key that is given for it; one that was first seen without a key belongs
   * to any sender without one, until a user releases its name. Resolves with the reports that are not stored
   * because of their sender. `foreign`: with another key or none; the host has an open event of
   * `KEY_MISMATCH`. `copy`: from one of two agents with the same key and queue; the host has an open event of
   * `AGENT_COPY`. `stale`: on a connection from before another run of the agent was seen, which has to greet
   * again. `waiting`: the host is new and waits for a user's approval. `full`: it is new, and there are too
   * many.
   */
  write(reports: readonly HostReport[]): Promise<ReadonlyMap<HostReport, WriteRefusal>>
  /** The parts of reports in the last commits that were left out because a bound on growth was reached. */
  takeBoundHits(): readonly BoundHit[]
  /**
   * True when `write` rejected with `error` because of what a report holds: the same report fails again,
   * others do not.
   */
  isContentError(error: unknown): boolean
}

export type HostQuery = {
  /** Part of the name, ip, domain, platform or build, in any case. */
  readonly search?: string
  readonly status?: HostStatus
  readonly group?: string
  /** Groups of which the host is in one of each list. */
  readonly facets?: readonly (readonly string[])[]
  /** Only hosts that are in one of these groups, whatever the other conditions. */
  readonly withinGroups?: readonly string[]
  /** Only hosts of these names, and none of those; at most 1000. */
  readonly names?: readonly string[]
  readonly withoutNames?: readonly string[]
  /** `events`: the host with the most severe open event first. `disk`: by the fullest filesystem of each. */
  readonly sort?: HostSort
  readonly descending?: boolean
  readonly offset?: number
  /** At most 1000. */
  readonly limit?: number
  /** Hosts that were seen at this time or later are up. */
  readonly upSince: number
}

/** A host in a map of all. Values are those of its newest frame, null where it has none; percent, and bytes a second. */
export type FleetHost = {
  readonly name: string
  readonly groups: readonly string[]
  readonly firstSeen: number
  readonly lastSeen: number
  readonly latestTime: number
  readonly processor: number | null
  readonly memory: number | null
  /** Of its fullest filesystem. */
  readonly disk: number | null
  readonly diskMetric: string | null
  /** Received and sent together. */
  readonly network: number | null
  readonly ioPressure: number | null
}

export type HostName = { readonly name: string; readonly ip: string; readonly lastSeen: number }

export type HostStore = {
  find(name: string): Promise<Host | null>
  /** The hosts with these names (at most 1000), by name; unknown names are left out. */
  findAll(names: readonly string[]): Promise<ReadonlyMap<string, Host>>
  /** `total` counts all that match, `hosts` is the page asked for. */
  list(query: HostQuery): Promise<{ total: number; hosts: Host[] }>
  /**
   * Hosts that match a name while it is typed: first those whose names begin with it, then those that contain
   * it in the name, then those that contain it in the address; of each kind the shortest names first. At most
   * `limit`.
   */
  findNames(text: string, limit: number): Promise<readonly HostName[]>
  /** Every host, or those of a group, by name. */
  listSpans(filter?: Pick<HostQuery, 'group' | 'facets' | 'withinGroups'>): Promise<KnownSpan[]>
  /** Of all hosts, or of those of a group. */
  count(upSince: number, group?: string): Promise<{ up: number; down: number }>
  /** Every host in the order of names, for a map of all. Reads all newest frames: not for every request. */
  fleet(): Promise<FleetHost[]>
  /** Groups that any host is in, sorted; at most 200. */
  groups(): Promise<string[]>
  /**
   * Replaces the groups that users gave the host; those that its agent reports stay. False when there is no
   * host of this name.
   */
  giveGroups(name: string, groups: readonly string[]): Promise<boolean>
  /**
   * The same for groups that depend on those that users gave it before: `choose` receives these, and returns
   * null to leave them. It may be called more than once.
   */
  changeGroups(name: string, choose: (given: readonly string[]) => readonly string[] | null): Promise<boolean>
  /** Every metric that the host has samples of, sorted. */
  metrics(name: string): Promise<string[]>
  /**
   * The thresholds that its agent reports it evaluates; null when it reported none, or there is no host of
   * this name.
   */
  thresholds(name: string): Promise<readonly ReportedThreshold[] | null>
  /**
   * Metrics of any host whose names hold all these words, in any case of ASCII letters, sorted; at most
   * `limit`.
   */
  findMetrics(words: readonly string[], limit: number): Promise<string[]>
  /** With samples and events; false when there is none of this name. */
  delete(name: string): Promise<boolean>
  /**
   * With all it has, its key too. Its agent may go on under the old name: what that sends belongs to the host.
   * The old name is free for any other agent, and when the host is deleted. A name that another host had
   * before, and whose agent may still use it, is taken until it is released.
   */
  rename(name: string, newName: string): Promise<'renamed' | 'unknown' | 'taken'>
  /**
   * The next key that is given for the host will own it; closes the event of a foreign one. A name that is a
   * host's former one no longer leads to it. False when there is no such host, or its name is free already.
   */
  releaseName(name: string, at: number): Promise<boolean>
  /** Releases every name that no key owns; how many there were. */
  releaseKeyless(at: number): Promise<number>
  /** Those of `names` that belong to a key. */
  listKeyed(names: readonly string[]): Promise<ReadonlySet<string>>
  /** Grows whenever any host was seen, or given groups by hand. */
  revision(): Promise<number>
}

export type SampleStore = {
  /** Every sample with `from <= time <= to`; empty when host or metric is not known. */
  range(host: string, metric: string, from: number, to: number): Promise<Series>
  /**
   * Several metrics of one host in one pass: each frame and block is read once, whatever the number of
   * metrics. Metrics without a sample in that time are not in the map. For short times; at most 500 metrics.
   */
  ranges(host: string, metrics: readonly string[], from: number, to: number): Promise<Map<string, Series>>
  /**
   * The same as at most `points` rows of each metric, for graphs: its cost hangs on the days, not on their samples,
   * where these are at least some half an hour a row. Each row has minimum, mean and maximum of all samples in its
   * step; steps may be longer than needed, up to twice. Few samples are rows as they are. At most 500 metrics.
   */
  summarize(
    host: string,
    metrics: readonly string[],
    picture: { readonly from: number; readonly to: number; readonly points: number },
  ): Promise<Map<string, SummarizedSeries>>
  /** First and last time of any sample of the host; null when there is none. */
  extent(host: string): Promise<{ first: number; last: number } | null>
}

export type Store = {
  readonly ingest: IngestStore & {
    /** From the next report on, in this process. */
    setPolicy(policy: PolicyChoices): void
  }
  readonly hosts: HostStore
  readonly enrolment: EnrolmentStore
  readonly samples: SampleStore
  readonly events: EventStore
  readonly rules: RuleStore
  readonly maintenanceWindows: MaintenanceWindowStore
  readonly targets: TargetStore
  readonly outbox: OutboxStore
  readonly watch: WatchStore
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly secondFactors: SecondFactorStore
  readonly views: SavedViewStore
  readonly audit: AuditStore
  readonly dataAudit: DataAuditStore
  readonly maintenance: MaintenanceStore
  close(): Promise<void>
}
