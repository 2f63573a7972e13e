import type { Frame } from '../../domain/sample.ts'
import { AgentRefresh, findAgent, isFromKnownAgent } from '../audit/agents.ts'
import { createReceiptNotes } from '../audit/receipt-notes.ts'
import { ReplacedRuns } from '../audit/replaced-runs.ts'
import { readCounters } from '../database/counters.ts'
import type { Transaction, Value } from '../database/database.ts'
import { applyReports, reconcileEvents } from '../events/apply-reports.ts'
import { type CachedHost, createHostCache, findMetricSetDay } from '../hosts/host-cache.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { BoundHit, HostReport, IngestPolicy, WriteRefusal } from '../ports/store.ts'
import { FramePacker } from '../timeseries/codec/pack-frame.ts'
import { dayOf } from '../timeseries/day.ts'
import { createMetricSetReader, createMetricSetWriter, type MetricSet } from '../timeseries/metric-sets.ts'
import type { CommitRows } from './commit-rows.ts'
import { followRename } from './follow-rename.ts'
import { GrowthGuard } from './growth-bounds.ts'
import { claimName } from './host-keys.ts'
import type { FrameMerging } from './insert-frames.ts'
import { noteWaiting } from './waiting-hosts.ts'

/** Makes rows of reports, with what it remembers of hosts and metric sets so that most need no statement. */
export class ReportWriter {
  readonly #states: LastSeenBuffer
  #policy: IngestPolicy
  readonly #guard: GrowthGuard
  readonly #metricSets = createMetricSetWriter()
  readonly #hosts = createHostCache()
  readonly #packer = new FramePacker()
  readonly #receipts = createReceiptNotes()
  readonly #refresh = new AgentRefresh()
  readonly #replaced = new ReplacedRuns()
  /** Samples of each frame of the report that is being written. */
  readonly #samples: number[] = []
  #reader = createMetricSetReader()
  #removed = -1
  /** Older frames go to `late_frame`. */
  #compactBefore = 0

  constructor(states: LastSeenBuffer, policy: IngestPolicy) {
    this.#states = states
    this.#policy = policy
    this.#guard = new GrowthGuard(policy.bounds)
  }

  /** At the start of a transaction, by the server's clock: other processes delete, compact and meet agents. */
  async begin(transaction: Transaction, now: number): Promise<void> {
    this.#guard.begin()
    const counters = await readCounters(transaction)
    this.#compactBefore = counters.compact_before
    if (counters.removed !== this.#removed) {
      this.#forget()
      this.#removed = counters.removed
    }
    await this.#refresh.refresh(transaction, this.#hosts.all, now)
  }

  /** After a rollback: ids that were assigned in the transaction are not valid. */
  undo(): void {
    this.#receipts.take()
    this.#guard.undo()
    this.#forget()
    this.#states.rolledBack()
  }

  #forget(): void {
    this.#metricSets.forget()
    this.#hosts.forget()
    this.#reader = createMetricSetReader()
  }

  /** Applies from the next report on. Metrics and events that hosts have already are kept. */
  setPolicy = (policy: IngestPolicy): void => {
    this.#policy = policy
    this.#guard.setBounds(policy.bounds)
  }

  takeBoundHits = (): readonly BoundHit[] => this.#guard.takeHits()

  /** The receipt of what was written since the last call; null when it needs none. */
  takeReceipt = (): Uint8Array | null => this.#receipts.take()

  /** The parts of this writer that merging rows needs. */
  get merging(): FrameMerging {
    return {
      writer: this.#metricSets,
      reader: this.#reader,
      onMerged: (host, time, replaced) => {
        this.#states.noteMerge(host, time)
        if (replaced > 0) this.#receipts.addOverlap(host, time, replaced)
      },
    }
  }

  /**
   * Makes rows of a report that needs no statement of its own, as nearly all of them. False for any other one, of
   * which nothing is written then.
   */
  writePlain(report: HostReport, rows: CommitRows): boolean {
    const { facts, frames, events, open, waiting, spellings } = report
    if (facts !== null || events.length > 0 || open || waiting || spellings) return false
    const host = this.#recallHost(report)
    if (host === null || host.keyHash !== (report.keyHash ?? null) || !isFromKnownAgent(host, report))
      return false
    for (const frame of frames) {
      const metricSet = this.#metricSets.recall(frame.metrics)
      if (metricSet === null || !isUsedOn(host, metricSet, dayOf(frame.time))) return false
    }
    if (report.isGreeting !== true) this.#states.noteSeen(host.id, report.seen, report.clockSkew)
    this.#samples.length = 0
    for (const frame of frames) {
      const metricSet = this.#metricSets.recall(frame.metrics)
      if (metricSet !== null) this.#addFrame(rows, host, frame, metricSet)
    }
    this.#receipts.addReport(host, report, this.#samples)
    return true
  }

  /** Null when the report was written; otherwise the reason why not, and then no part of it is written. */
  async write(transaction: Transaction, report: HostReport, rows: CommitRows): Promise<WriteRefusal | null> {
    const host = this.#recallHost(report) ?? (await this.#findHost(transaction, report))
    if (typeof host === 'string') return host
    if (host.keyHash !== (report.keyHash ?? null)) {
      if ((await claimName(transaction, host, report)) === 'foreign') return 'foreign'
      // Other processes have to forget their cached state of the host; this one is up to date.
      this.#removed++
    }
    if (!isFromKnownAgent(host, report)) {
      const rejection = await findAgent(transaction, host, report, {
        lastSeen: this.#states,
        replaced: this.#replaced,
      })
      if (rejection !== null) return rejection
    }
    const { facts, spellings } = report
    if (facts) {
      const bounded = this.#guard.boundFacts(facts, report)
      await this.#hosts.saveFacts(transaction, host, bounded, report.seen)
    }
    if (spellings) await this.#hosts.saveSpellings(transaction, host, spellings)
    if (report.isGreeting !== true) this.#states.noteSeen(host.id, report.seen, report.clockSkew)
    await this.#writeFrames(transaction, host, report, rows)
    await this.#writeWaiting(transaction, host, report, rows)
    await this.#writeEvents(transaction, host, report)
    return null
  }

  async #writeFrames(transaction: Transaction, host: CachedHost, report: HostReport, rows: CommitRows) {
    this.#samples.length = 0
    for (const sent of report.frames) {
      const frame = this.#isUsed(host, sent)
        ? sent
        : await this.#guard.boundFrame(transaction, this.#reader, { host: host.id, frame: sent, report })
      if (frame.metrics.length === 0) this.#samples.push(0)
      else this.#addFrame(rows, host, frame, await this.#findMetricSet(transaction, host, frame))
    }
    this.#receipts.addReport(host, report, this.#samples)
  }

  async #writeWaiting(transaction: Transaction, host: CachedHost, report: HostReport, rows: CommitRows) {
    if (!report.waiting) return
    for (const sent of report.waiting) {
      const frame = await this.#guard.boundFrame(transaction, this.#reader, {
        host: host.id,
        frame: sent,
        report,
      })
      this.#pack(rows.waiting, host.id, frame, await this.#findMetricSet(transaction, host, frame))
    }
    rows.addWaitingHost(host.id)
  }

  async #writeEvents(transaction: Transaction, { id }: CachedHost, report: HostReport) {
    const { events, open, seen } = report
    if (events.length > 0) {
      const taken = await this.#guard.boundEvents(transaction, id, events, report)
      await applyReports(transaction, id, taken, { seen })
    }
    if (open) {
      const taken = await this.#guard.boundEvents(transaction, id, open, report)
      await reconcileEvents(transaction, id, taken, seen)
    }
  }

  #addFrame(rows: CommitRows, { id }: CachedHost, frame: Frame, metricSet: MetricSet): void {
    const packed = this.#pack(frame.time < this.#compactBefore ? rows.late : rows.frame, id, frame, metricSet)
    this.#samples.push(this.#packer.samples)
    this.#states.noteFrame(id, frame.time, packed)
  }

  /** Appends the row to `rows`. */
  #pack(rows: Value[], host: number, frame: Frame, metricSet: MetricSet): Uint8Array {
    if (!Number.isSafeInteger(frame.time) || frame.time < 0)
      throw new RangeError(`a frame has the time ${frame.time}: whole seconds since 1970 are needed`)
    const packed = this.#packer.pack(frame, host, metricSet)
    rows.push(frame.time, host, this.#packer.samples, packed)
    return packed
  }

  /** A host is remembered under a former name too, which is that for its own agent alone. */
  #recallHost({ host: name, keyHash = null, formerNames }: HostReport): CachedHost | null {
    const host = this.#hosts.recall(name)
    const mayBeOthers = host !== null && (host.name !== name || formerNames !== undefined)
    return mayBeOthers && host.keyHash !== keyHash ? null : host
  }

  /**
   * The host of a report, which is created when it is new and allowed; otherwise the reason why it is not.
   */
  async #findHost(transaction: Transaction, report: HostReport): Promise<CachedHost | WriteRefusal> {
    const known = await this.#findKnown(transaction, report)
    if (known !== null) return known
    // The host was deleted since the agent greeted: only a greeting brings back its open events and its
    // facts.
    if (report.queue?.started === null) return 'stale'
    // Somebody has deleted the host of a key that was right when the connection began.
    if (report.isByKey === true) return 'foreign'
    if (this.#policy.newHosts === 'approve') {
      await noteWaiting(transaction, report)
      return 'waiting'
    }
    return (await this.#guard.mayAdd(transaction, report)) ? this.#hosts.add(transaction, report) : 'full'
  }

  async #findKnown(transaction: Transaction, report: HostReport): Promise<CachedHost | null> {
    if (report.formerNames === undefined) return this.#hosts.find(transaction, report)
    const { name, isRenamed } = await followRename(transaction, report)
    // Other processes notice it by the counter.
    if (isRenamed) this.#hosts.forget()
    return this.#hosts.find(transaction, { ...report, host: name })
  }

  /** Whether the host has used the frame's list of metrics before: what it has may go on. */
  #isUsed(host: CachedHost, { metrics }: Frame): boolean {
    const metricSet = this.#metricSets.recall(metrics)
    return metricSet !== null && findMetricSetDay(host, metricSet.id) !== -1
  }

  /** The list of the frame's metrics, noted as used by the host on the frame's day. */
  async #findMetricSet(transaction: Transaction, host: CachedHost, { time, metrics }: Frame) {
    const metricSet = this.#metricSets.recall(metrics) ?? (await this.#metricSets.save(transaction, metrics))
    const day = dayOf(time)
    if (!isUsedOn(host, metricSet, day)) await this.#hosts.saveMetricSet(transaction, host, metricSet.id, day)
    return metricSet
  }
}

const isUsedOn = (host: CachedHost, metricSet: MetricSet, day: number): boolean =>
  findMetricSetDay(host, metricSet.id) >= day
