import type { Frame } from '../../domain/sample.ts'
import { findAgent, isFromKnownAgent } from '../audit/agents.ts'
import { createReceiptNotes } from '../audit/receipt-notes.ts'
import { readCounters } from '../database/counters.ts'
import type { Transaction, Value } from '../database/database.ts'
import { applyReports, reconcileEvents } from '../events/apply-reports.ts'
import { type CachedHost, createHostCache } from '../hosts/host-cache.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { HostReport, IngestPolicy, WriteRefusal } from '../ports/store.ts'
import { createByteWriter } from '../timeseries/codec/bytes.ts'
import { packHead, packValue, sealFrame } from '../timeseries/codec/frame.ts'
import { dayOf } from '../timeseries/day.ts'
import { createMetricSetReader, createMetricSetWriter, type MetricSet } from '../timeseries/metric-sets.ts'
import { GrowthGuard } from './growth-bounds.ts'
import { claimName } from './host-keys.ts'
import { insertFrames } from './insert-frames.ts'
import { noteWaiting } from './waiting-hosts.ts'

/** Where in a row of `frame` its number of samples stands. */
const SAMPLES_FROM_END = -2

/** Rows of one commit, by the table that they go to. */
export type CommitRows = {
  readonly frame: Value[]
  readonly late: Value[]
  readonly waiting: Value[]
  /** Hosts of `waiting`. */
  readonly waitingHosts: Set<number>
}

export const createCommitRows = (): CommitRows => ({
  frame: [],
  late: [],
  waiting: [],
  waitingHosts: new Set(),
})

/**
 * Writes reports within the transactions of one ingest store, and keeps between them what was read before: hosts,
 * lists of metrics, and counters of the database. After a rollback `undo` must be called.
 */
export class ReportWriter {
  readonly guard: GrowthGuard
  readonly receipts = createReceiptNotes()
  readonly #states: LastSeenBuffer
  readonly #policy: IngestPolicy
  readonly #metricSets = createMetricSetWriter()
  readonly #hosts = createHostCache()
  readonly #bytes = createByteWriter()
  #reader = createMetricSetReader()
  #removed = -1
  /** What is older goes to `late_frame`. */
  #compactBefore = 0

  constructor(states: LastSeenBuffer, policy: IngestPolicy) {
    this.#states = states
    this.#policy = policy
    this.guard = new GrowthGuard(policy.bounds)
  }

  /** After a rollback: ids given in the transaction are gone with it. */
  undo() {
    this.receipts.take()
    this.guard.undo()
    this.#forget()
    this.#states.rolledBack()
  }

  /** Other processes delete hosts and metric sets, of which ids are kept here, and compact. */
  async readOthers(transaction: Transaction) {
    const counters = await readCounters(transaction)
    this.#compactBefore = counters.compact_before
    if (counters.removed === this.#removed) return
    this.#forget()
    this.#removed = counters.removed
  }

  /**
   * Writes what the report says beside its frames, which are added to `rows`. Null when the report was taken; else
   * why not, and then nothing of it is written.
   */
  async write(transaction: Transaction, report: HostReport, rows: CommitRows): Promise<WriteRefusal | null> {
    const { facts, events, open } = report
    const host = this.#recallHost(report) ?? (await this.#findHost(transaction, report))
    if (typeof host === 'string') return host
    const rejection = await this.#identify(transaction, host, report)
    if (rejection !== null) return rejection
    if (facts) await this.#hosts.saveFacts(transaction, host, facts)
    if (report.spellings) await this.#hosts.saveSpellings(transaction, host, report.spellings)
    if (report.isGreeting !== true) this.#states.noteSeen(host.id, report.seen, report.clockSkew)
    await this.#packFrames(transaction, host, report, rows)
    if (report.waiting) await this.#packWaiting(transaction, host, report, rows)
    if (events.length > 0) {
      const taken = await this.guard.boundEvents(transaction, host.id, events, report)
      await applyReports(transaction, host.id, taken, report.seen)
    }
    if (open) {
      const taken = await this.guard.boundEvents(transaction, host.id, open, report)
      await reconcileEvents(transaction, host.id, taken, report.seen)
    }
    return null
  }

  /** Inserts the rows of all reports of a commit. */
  async insertRows(transaction: Transaction, { frame, late, waiting }: CommitRows) {
    const merging = { writer: this.#metricSets, reader: this.#reader, onMerged: this.#noteMerge }
    await insertFrames(transaction, 'frame', frame, merging)
    await insertFrames(transaction, 'late_frame', late, merging)
    await insertFrames(transaction, 'waiting_frame', waiting, { ...merging, onMerged: () => {} })
  }

  readonly #noteMerge = (host: number, time: number, replaced: number) => {
    this.#states.noteMerge(host, time)
    if (replaced > 0) this.receipts.addOverlap(host, time, replaced)
  }

  #forget() {
    this.#metricSets.forget()
    this.#hosts.forget()
    this.#reader = createMetricSetReader()
  }

  /** A host is remembered under a former name too, which is that for its own agent alone. */
  #recallHost({ host: name, keyHash = null }: HostReport): CachedHost | null {
    const host = this.#hosts.recall(name)
    return host !== null && host.name !== name && host.keyHash !== keyHash ? null : host
  }

  /** The host of a report, which is made when it is new and may be; else why it may not. */
  async #findHost(transaction: Transaction, report: HostReport): Promise<CachedHost | WriteRefusal> {
    const known = await this.#hosts.find(transaction, report)
    if (known !== null) return known
    // Somebody has deleted the host of a key that was right when the connection began.
    if (report.isByKey === true) return 'foreign'
    if (this.#policy.newHosts === 'approve') {
      await noteWaiting(transaction, report)
      return 'waiting'
    }
    return (await this.guard.mayAdd(transaction, report)) ? this.#hosts.add(transaction, report) : 'full'
  }

  /** Null when the report comes from the host's own agent. */
  async #identify(
    transaction: Transaction,
    host: CachedHost,
    report: HostReport,
  ): Promise<WriteRefusal | null> {
    if (host.keyHash !== (report.keyHash ?? null)) {
      if ((await claimName(transaction, host, report)) === 'foreign') return 'foreign'
      // Others have to forget what they know of the host; we know it already.
      this.#removed++
    }
    return isFromKnownAgent(host, report) ? null : findAgent(transaction, host, report, this.#states)
  }

  async #packFrames(transaction: Transaction, host: CachedHost, report: HostReport, rows: CommitRows) {
    const samples: number[] = []
    for (const sent of report.frames) {
      const frame = this.#isUsed(host, sent)
        ? sent
        : await this.guard.boundFrame(transaction, this.#reader, host.id, sent, report)
      if (frame.metrics.length === 0) {
        samples.push(0)
        continue
      }
      const metricSet = await this.#findMetricSet(transaction, host, frame)
      const target = frame.time < this.#compactBefore ? rows.late : rows.frame
      const packed = this.#packFrame(target, host.id, frame, metricSet)
      samples.push(Number(target.at(SAMPLES_FROM_END)))
      this.#states.noteFrame(host.id, frame.time, packed)
    }
    this.receipts.addReport(host, report, samples)
  }

  async #packWaiting(transaction: Transaction, host: CachedHost, report: HostReport, rows: CommitRows) {
    for (const sent of report.waiting ?? []) {
      const frame = await this.guard.boundFrame(transaction, this.#reader, host.id, sent, report)
      this.#packFrame(rows.waiting, host.id, frame, await this.#findMetricSet(transaction, host, frame))
    }
    rows.waitingHosts.add(host.id)
  }

  /** Appends the row to `rows`. */
  #packFrame(rows: Value[], host: number, frame: Frame, metricSet: MetricSet): Uint8Array {
    if (!Number.isSafeInteger(frame.time) || frame.time < 0)
      throw new RangeError(`a frame has the time ${frame.time}: whole seconds since 1970 are needed`)
    const { values } = frame
    const { columns } = metricSet
    const { length } = metricSet.metrics
    const bytes = this.#bytes
    packHead(bytes, metricSet.id)
    let samples = 0
    for (let i = 0; i < length; i++) {
      if (packValue(bytes, values[columns ? (columns[i] ?? i) : i] ?? null)) samples++
    }
    const packed = sealFrame(bytes.take(), frame.time, host)
    rows.push(frame.time, host, samples, packed)
    return packed
  }

  /** Whether the host has used the frame's list of metrics before: what it has may go on. */
  #isUsed(host: CachedHost, { metrics }: Frame): boolean {
    const metricSet = this.#metricSets.recall(metrics)
    return metricSet !== null && host.metricSets.has(metricSet.id)
  }

  /** The list of the frame's metrics, noted as used by the host on the frame's day. */
  async #findMetricSet(transaction: Transaction, host: CachedHost, { time, metrics }: Frame) {
    const metricSet = this.#metricSets.recall(metrics) ?? (await this.#metricSets.save(transaction, metrics))
    const day = dayOf(time)
    if (!isUsedOn(host, metricSet, day)) await this.#hosts.saveMetricSet(transaction, host, metricSet.id, day)
    return metricSet
  }
}

function isUsedOn(host: CachedHost, metricSet: MetricSet, day: number): boolean {
  return (host.metricSets.get(metricSet.id) ?? -1) >= day
}
