import type { Frame } from '../../domain/sample.ts'
import type { Log } from '../../lib/log.ts'
import { findAgent, isFromKnownAgent } from '../audit/agents.ts'
import { createReceiptNotes } from '../audit/receipt-notes.ts'
import { isContentError } from '../database/content-error.ts'
import { readCounters } from '../database/counters.ts'
import type { Database, Transaction, Value } from '../database/database.ts'
import { enterSharedLock, SHARED_LOCKS } from '../database/write-locks.ts'
import { applyReports, reconcileEvents } from '../events/apply-reports.ts'
import { type CachedHost, createHostCache } from '../hosts/host-cache.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { HostReport, IngestPolicy, IngestStore, WriteRefusal } from '../ports/store.ts'
import { createByteWriter } from '../timeseries/codec/bytes.ts'
import { packHead, packValue, sealFrame } from '../timeseries/codec/frame.ts'
import { dayOf } from '../timeseries/day.ts'
import { createMetricSetReader, createMetricSetWriter, type MetricSet } from '../timeseries/metric-sets.ts'
import { GrowthGuard } from './growth-bounds.ts'
import { claimName } from './host-keys.ts'
import { insertFrames } from './insert-frames.ts'
import { boundWaiting } from './waiting-frames.ts'
import { noteWaiting } from './waiting-hosts.ts'

const NONE: ReadonlyMap<HostReport, WriteRefusal> = new Map()

/** Where in a row of `frame` its number of samples stands. */
const SAMPLES_FROM_END = -2

/** Rows of one commit, by the table that they go to. */
type CommitRows = {
  readonly frame: Value[]
  readonly late: Value[]
  readonly waiting: Value[]
  /** Hosts of `waiting`. */
  readonly waitingHosts: Set<number>
}

export function createIngestStore(
  database: Database,
  states: LastSeenBuffer,
  { log, policy }: { readonly log: Log; readonly policy: IngestPolicy },
): IngestStore {
  const metricSets = createMetricSetWriter()
  const hosts = createHostCache()
  const writer = createByteWriter()
  const guard = new GrowthGuard(policy.bounds)
  const receipts = createReceiptNotes()
  /** Two engines that happen to have the same one wait for each other, and lose nothing else by it. */
  const lock = (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % SHARED_LOCKS
  let reader = createMetricSetReader()
  let removed = -1
  /** What is older goes to `late_frame`. */
  let compactBefore = 0

  function forget() {
    metricSets.forget()
    hosts.forget()
    reader = createMetricSetReader()
  }

  /** After a rollback: ids given in the transaction are gone with it. */
  function undo() {
    receipts.take()
    guard.undo()
    forget()
    states.rolledBack()
  }

  /** Other processes delete hosts and metric sets, of which ids are kept here, and compact. */
  async function readOthers(transaction: Transaction) {
    const counters = await readCounters(transaction)
    compactBefore = counters.compact_before
    if (counters.removed === removed) return
    forget()
    removed = counters.removed
  }

  /** Appends the row to `rows`. */
  function packFrame(rows: Value[], host: number, frame: Frame, metricSet: MetricSet): Uint8Array {
    if (!Number.isSafeInteger(frame.time) || frame.time < 0)
      throw new RangeError(`a frame has the time ${frame.time}: whole seconds since 1970 are needed`)
    const { values } = frame
    const { columns } = metricSet
    const { length } = metricSet.metrics
    packHead(writer, metricSet.id)
    let samples = 0
    for (let i = 0; i < length; i++) {
      if (packValue(writer, values[columns ? (columns[i] ?? i) : i] ?? null)) samples++
    }
    const packed = sealFrame(writer.take(), frame.time, host)
    rows.push(frame.time, host, samples, packed)
    return packed
  }

  /** Whether the host has used the frame's list of metrics before: what it has may go on. */
  function isUsed(host: CachedHost, { metrics }: Frame): boolean {
    const metricSet = metricSets.recall(metrics)
    return metricSet !== null && host.metricSets.has(metricSet.id)
  }

  /** The list of the frame's metrics, noted as used by the host on the frame's day. */
  async function findMetricSet(transaction: Transaction, host: CachedHost, { time, metrics }: Frame) {
    const metricSet = metricSets.recall(metrics) ?? (await metricSets.save(transaction, metrics))
    const day = dayOf(time)
    if (!usedOn(host, metricSet, day)) await hosts.saveMetricSet(transaction, host, metricSet.id, day)
    return metricSet
  }

  function noteMerge(host: number, time: number, replaced: number) {
    states.noteMerge(host, time)
    if (replaced > 0) receipts.addOverlap(host, time, replaced)
  }

  async function insertRows(transaction: Transaction, { frame, late, waiting }: CommitRows) {
    const merging = { writer: metricSets, reader, onMerged: noteMerge }
    await insertFrames(transaction, 'frame', frame, merging)
    await insertFrames(transaction, 'late_frame', late, merging)
    await insertFrames(transaction, 'waiting_frame', waiting, { ...merging, onMerged: () => {} })
  }

  /** A host is remembered under a former name too, which is that for its own agent alone. */
  function recallHost({ host: name, keyHash = null }: HostReport): CachedHost | null {
    const host = hosts.recall(name)
    return host !== null && host.name !== name && host.keyHash !== keyHash ? null : host
  }

  /** The host of a report, which is made when it is new and may be; else why it may not. */
  async function findHost(transaction: Transaction, report: HostReport): Promise<CachedHost | WriteRefusal> {
    const known = await hosts.find(transaction, report)
    if (known !== null) return known
    // Somebody has deleted the host of a key that was right when the connection began.
    if (report.isByKey === true) return 'foreign'
    if (policy.newHosts === 'approve') {
      await noteWaiting(transaction, report)
      return 'waiting'
    }
    return (await guard.mayAdd(transaction, report)) ? hosts.add(transaction, report) : 'full'
  }

  /** Null when the report was taken; else why not, and then nothing of it is written. */
  async function writeReport(
    transaction: Transaction,
    report: HostReport,
    rows: CommitRows,
  ): Promise<WriteRefusal | null> {
    const { facts, frames, events } = report
    const host = recallHost(report) ?? (await findHost(transaction, report))
    if (typeof host === 'string') return host
    if (host.keyHash !== (report.keyHash ?? null)) {
      if ((await claimName(transaction, host, report)) === 'foreign') return 'foreign'
      // Others have to forget what they know of the host; we know it already.
      removed++
    }
    if (!isFromKnownAgent(host, report)) {
      const rejection = await findAgent(transaction, host, report, states)
      if (rejection !== null) return rejection
    }
    if (facts) await hosts.saveFacts(transaction, host, facts)
    if (report.spellings) await hosts.saveSpellings(transaction, host, report.spellings)
    if (report.isGreeting !== true) states.noteSeen(host.id, report.seen, report.clockSkew)
    const samples: number[] = []
    for (const sent of frames) {
      const frame = isUsed(host, sent)
        ? sent
        : await guard.boundFrame(transaction, reader, host.id, sent, report)
      if (frame.metrics.length === 0) {
        samples.push(0)
        continue
      }
      const metricSet = await findMetricSet(transaction, host, frame)
      const target = frame.time < compactBefore ? rows.late : rows.frame
      const packed = packFrame(target, host.id, frame, metricSet)
      samples.push(Number(target.at(SAMPLES_FROM_END)))
      states.noteFrame(host.id, frame.time, packed)
    }
    receipts.addReport(host, report, samples)
    if (report.waiting) {
      for (const sent of report.waiting) {
        const frame = await guard.boundFrame(transaction, reader, host.id, sent, report)
        packFrame(rows.waiting, host.id, frame, await findMetricSet(transaction, host, frame))
      }
      rows.waitingHosts.add(host.id)
    }
    if (events.length > 0) {
      const taken = await guard.boundEvents(transaction, host.id, events, report)
      await applyReports(transaction, host.id, taken, report.seen)
    }
    if (report.open) {
      const taken = await guard.boundEvents(transaction, host.id, report.open, report)
      await reconcileEvents(transaction, host.id, taken, report.seen)
    }
    return null
  }

  return {
    isContentError,
    takeBoundHits: () => guard.takeHits(),
    async write(reports) {
      if (reports.length === 0) return NONE
      const refused = new Map<HostReport, WriteRefusal>()
      let attempts = 0
      let dropped = 0
      try {
        await database.transaction(async (transaction) => {
          if (attempts++ > 0) undo()
          refused.clear()
          await enterSharedLock(transaction, lock)
          await readOthers(transaction)
          const rows: CommitRows = { frame: [], late: [], waiting: [], waitingHosts: new Set() }
          for (const report of reports) {
            const rejection = await writeReport(transaction, report, rows)
            if (rejection !== null) refused.set(report, rejection)
          }
          await insertRows(transaction, rows)
          dropped = 0
          for (const host of rows.waitingHosts) dropped += await boundWaiting(transaction, host)
          const receipt = receipts.take()
          if (receipt !== null) await transaction.run('INSERT INTO receipt (packed) VALUES (?)', [receipt])
          await states.flushIfDue(transaction)
        })
      } catch (error) {
        undo()
        throw error
      }
      states.committed()
      if (dropped > 0)
        log.warn('more samples wait for their time than an agent takes in 7 days; the oldest are dropped', {
          frames: dropped,
        })
      return refused
    },
  }
}

function usedOn(host: CachedHost, metricSet: MetricSet, day: number): boolean {
  return (host.metricSets.get(metricSet.id) ?? -1) >= day
}
