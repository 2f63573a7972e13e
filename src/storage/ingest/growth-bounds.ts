import type { EventReport } from '../../domain/event.ts'
import type { HostFacts } from '../../domain/hosts/host.ts'
import type { Frame } from '../../domain/sample.ts'
import type { Transaction } from '../database/database.ts'
import type { BoundHit, GrowthBounds, HostReport } from '../ports/store.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'

/** The columns of a list of names that a host may use, when they are not all. */
type Trimmed = { readonly metrics: readonly string[]; readonly columns: readonly number[] }

/** The lists in the facts, in the order in which they are left out. */
const FACT_LISTS = ['thresholds', 'mounts', 'groups'] as const

/** Lists remembered a host: one that changes them all the time must not fill the memory. */
const MAX_TRIMMED = 64
const MAX_HOSTS = 1000

/** Bounds what agents may add to the database: hosts, metrics of a host, open events of a host. */
export class GrowthGuard {
  #bounds: GrowthBounds
  /** Hosts that were made within the minute of the server's clock, by name: a repeated commit counts once. */
  #newcomers = new Set<string>()
  #minute = 0
  #hits: BoundHit[] = []
  /** How many hosts there are, with those that the running transaction has made; null before it asks. */
  #hosts: number | null = null
  /** By host: the remainders of lists of names that are too long for it. */
  readonly #trimmed = new Map<number, Map<readonly string[], Trimmed>>()

  constructor(bounds: GrowthBounds) {
    this.#bounds = bounds
  }

  setBounds(bounds: GrowthBounds): void {
    this.#bounds = bounds
    this.#trimmed.clear()
  }

  /** At the start of a transaction: other processes make and delete hosts. */
  begin(): void {
    this.#hosts = null
  }

  /** The refusals since the last call. */
  takeHits(): readonly BoundHit[] {
    if (this.#hits.length === 0) return NO_HITS
    const hits = this.#hits
    this.#hits = []
    return hits
  }

  /** After a rollback: the refusals of the transaction are noted when it is tried again. */
  undo(): void {
    this.#hits = []
    this.#trimmed.clear()
  }

  /** The facts without what makes them too long, the longest lists first: the rest is bounded by itself. */
  boundFacts(facts: HostFacts, report: HostReport): HostFacts {
    let bounded = facts
    for (const list of FACT_LISTS) {
      if (facts[list] === undefined) continue
      if (JSON.stringify(bounded).length <= this.#bounds.factsBytes) break
      const { [list]: _, ...rest } = bounded
      bounded = rest
      this.#hits.push({ bound: 'facts', host: report.host, count: 1, report })
    }
    return bounded
  }

  /** True when there is room for another host, which is made then; there may be room a minute later. */
  async mayAdd(transaction: Transaction, report: HostReport): Promise<boolean> {
    const minute = Math.floor(report.seen / 60)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#newcomers = new Set()
    }
    if (this.#newcomers.size >= this.#bounds.newHostsPerMinute && !this.#newcomers.has(report.host))
      return this.#refuseHost('new_hosts', report)
    // Once a transaction: of a new fleet nearly all are made in a few commits, and counting looks at each host.
    this.#hosts ??= await countHosts(transaction)
    if (this.#hosts >= this.#bounds.hosts) return this.#refuseHost('hosts', report)
    this.#hosts++
    this.#newcomers.add(report.host)
    return true
  }

  #refuseHost(bound: 'new_hosts' | 'hosts', report: HostReport): false {
    this.#hits.push({ bound, host: report.host, count: 1, report })
    return false
  }

  /**
   * The frame with those of its metrics that the host may have: the first ones that it ever sent stay. To be
   * asked for lists of names that the host has not used yet.
   */
  async boundFrame(
    transaction: Transaction,
    reader: MetricSetReader,
    { host, frame, report }: { readonly host: number; readonly frame: Frame; readonly report: HostReport },
  ): Promise<Frame> {
    if (this.#bounds.metricsPerHost === Number.POSITIVE_INFINITY) return frame
    const known = this.#trimmed.get(host)?.get(frame.metrics)
    const trimmed = known ?? (await this.#trim(transaction, reader, host, frame.metrics))
    if (trimmed === null) return frame
    const isKept = new Set(trimmed.columns)
    const isGiven = (value: number | null | undefined, column: number) =>
      value !== null && value !== undefined && !isKept.has(column)
    const count = frame.values.filter(isGiven).length
    if (count > 0) this.#hits.push({ bound: 'metrics', host: report.host, count, report })
    return {
      time: frame.time,
      metrics: trimmed.metrics,
      values: trimmed.columns.map((column) => frame.values[column] ?? null),
    }
  }

  /** Null when the host may have them all. */
  async #trim(
    transaction: Transaction,
    reader: MetricSetReader,
    host: number,
    names: readonly string[],
  ): Promise<Trimmed | null> {
    const rows = await transaction.query<{ metric_set: number }>(
      'SELECT metric_set FROM host_metric_set WHERE host = ?',
      [host],
    )
    const ids = rows.map(({ metric_set: id }) => id)
    await reader.load(transaction, ids)
    const had = new Set(ids.flatMap((id) => reader.names(id)))
    const fresh = new Set(names.filter((name) => !had.has(name)))
    let room = Math.max(0, this.#bounds.metricsPerHost - had.size)
    if (fresh.size <= room) return null
    const columns: number[] = []
    names.forEach((name, column) => {
      if (!fresh.has(name)) columns.push(column)
      else if (room > 0) {
        room--
        columns.push(column)
      }
    })
    const trimmed = { columns, metrics: columns.map((column) => names[column] ?? '') }
    this.#remember(host, names, trimmed)
    return trimmed
  }

  #remember(host: number, names: readonly string[], trimmed: Trimmed): void {
    if (this.#trimmed.size >= MAX_HOSTS) this.#trimmed.clear()
    const lists = this.#trimmed.get(host) ?? new Map<readonly string[], Trimmed>()
    if (lists.size >= MAX_TRIMMED) lists.clear()
    this.#trimmed.set(host, lists.set(names, trimmed))
  }

  /** The reports without those that would open an event above the bound; reports of existing events stay. */
  async boundEvents(
    transaction: Transaction,
    host: number,
    events: readonly EventReport[],
    report: HostReport,
  ): Promise<readonly EventReport[]> {
    if (!events.some(({ status }) => status === 'open')) return events
    const rows = await transaction.query<{ uid: string | null; metric: string }>(
      'SELECT uid, metric FROM event WHERE host = ? AND seen_open = 1',
      [host],
    )
    if (rows.length + events.length <= this.#bounds.openEventsPerHost) return events
    const uids = new Set(rows.map(({ uid }) => uid))
    const metrics = new Set(rows.map(({ metric }) => metric))
    let room = this.#bounds.openEventsPerHost - rows.length
    const taken = events.filter(({ status, uid, metric }) => {
      if (status !== 'open' || (uid === null ? metrics.has(metric) : uids.has(uid))) return true
      return room-- > 0
    })
    const count = events.length - taken.length
    if (count > 0) this.#hits.push({ bound: 'open_events', host: report.host, count, report })
    return taken
  }
}

const NO_HITS: readonly BoundHit[] = []

async function countHosts(transaction: Transaction): Promise<number> {
  const [row] = await transaction.query<{ total: number }>('SELECT COUNT(*) AS total FROM host')
  return row?.total ?? 0
}
