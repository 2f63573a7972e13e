import type { Frame } from '../../domain/sample.ts'
import type { Log } from '../../lib/log.ts'
import { isContentError } from '../database/content-error.ts'
import { readCounters } from '../database/counters.ts'
import type { Database, Transaction, Value } from '../database/database.ts'
import { enterSharedLock, SHARED_LOCKS } from '../database/write-locks.ts'
import { applyReports, reconcileEvents } from '../events/apply-reports.ts'
import { type CachedHost, createHostCache } from '../hosts/host-cache.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { HostReport, IngestStore } from '../ports/store.ts'
import { createByteWriter } from '../timeseries/codec/bytes.ts'
import { packHead, packValue, sealFrame } from '../timeseries/codec/frame.ts'
import { dayOf } from '../timeseries/day.ts'
import { createMetricSetReader, createMetricSetWriter, type MetricSet } from '../timeseries/metric-sets.ts'
import { claimName } from './host-keys.ts'
import { insertFrames } from './insert-frames.ts'
import { boundWaiting } from './waiting-frames.ts'

const NONE: ReadonlySet<HostReport> = new Set()

/** Rows of one commit, by the table that they go to. */
type CommitRows = {
  readonly frame: Value[]
  readonly late: Value[]
  readonly waiting: Value[]
  /** Hosts of `waiting`. */
  readonly waitingHosts: Set<number>
}

export function createIngestStore(database: Database, states: LastSeenBuffer, log: Log): IngestStore {
  const metricSets = createMetricSetWriter()
  const hosts = createHostCache()
  const writer = createByteWriter()
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

  /** The list of the frame's metrics, noted as used by the host on the frame's day. */
  async function findMetricSet(transaction: Transaction, host: CachedHost, { time, metrics }: Frame) {
    const metricSet = metricSets.recall(metrics) ?? (await metricSets.save(transaction, metrics))
    const day = dayOf(time)
    if (!usedOn(host, metricSet, day)) await hosts.saveMetricSet(transaction, host, metricSet.id, day)
    return metricSet
  }

  async function insertRows(transaction: Transaction, { frame, late, waiting }: CommitRows) {
    const merging = { writer: metricSets, reader, onMerged: states.noteMerge }
    await insertFrames(transaction, 'frame', frame, merging)
    await insertFrames(transaction, 'late_frame', late, merging)
    await insertFrames(transaction, 'waiting_frame', waiting, { ...merging, onMerged: () => {} })
  }

  /** False when the host belongs to another key: then nothing of it is written. */
  async function writeReport(
    transaction: Transaction,
    report: HostReport,
    rows: CommitRows,
  ): Promise<boolean> {
    const { host: name, facts, frames, events } = report
    const host = hosts.recall(name) ?? (await hosts.load(transaction, report))
    if (host.keyHash !== (report.keyHash ?? null)) {
      if ((await claimName(transaction, host, report)) === 'foreign') return false
      // Others have to forget what they know of the host; we know it already.
      removed++
    }
    if (facts) await hosts.saveFacts(transaction, name, host, facts)
    if (report.spellings) await hosts.saveSpellings(transaction, host, report.spellings)
    if (report.isGreeting !== true) states.noteSeen(host.id, report.seen, report.clockSkew)
    for (const frame of frames) {
      const metricSet = await findMetricSet(transaction, host, frame)
      const packed = packFrame(frame.time < compactBefore ? rows.late : rows.frame, host.id, frame, metricSet)
      states.noteFrame(host.id, frame.time, packed)
    }
    if (report.waiting) {
      for (const frame of report.waiting)
        packFrame(rows.waiting, host.id, frame, await findMetricSet(transaction, host, frame))
      rows.waitingHosts.add(host.id)
    }
    if (events.length > 0) await applyReports(transaction, host.id, events, report.seen)
    if (report.open) await reconcileEvents(transaction, host.id, report.open, report.seen)
    return true
  }

  return {
    isContentError,
    async write(reports) {
      if (reports.length === 0) return NONE
      const refused = new Set<HostReport>()
      let attempts = 0
      let dropped = 0
      try {
        await database.transaction(async (transaction) => {
          if (attempts++ > 0) undo()
          refused.clear()
          await enterSharedLock(transaction, lock)
          await readOthers(transaction)
          const rows: CommitRows = { frame: [], late: [], waiting: [], waitingHosts: new Set() }
          for (const report of reports)
            if (!(await writeReport(transaction, report, rows))) refused.add(report)
          await insertRows(transaction, rows)
          dropped = 0
          for (const host of rows.waitingHosts) dropped += await boundWaiting(transaction, host)
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
