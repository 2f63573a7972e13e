import type { Log } from '../../lib/log.ts'
import { isContentError } from '../database/content-error.ts'
import type { Database, Transaction } from '../database/database.ts'
import { enterSharedLock, SHARED_LOCKS } from '../database/write-locks.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { HostReport, IngestPolicy, IngestStore, WriteRefusal } from '../ports/store.ts'
import { createCommitRows, ReportWriter } from './report-writer.ts'
import { boundWaiting } from './waiting-frames.ts'

const NONE: ReadonlyMap<HostReport, WriteRefusal> = new Map()

export function createIngestStore(
  database: Database,
  states: LastSeenBuffer,
  { log, policy }: { readonly log: Log; readonly policy: IngestPolicy },
): IngestStore {
  const writer = new ReportWriter(states, policy)
  /** Two engines that happen to have the same one wait for each other, and lose nothing else by it. */
  const lock = (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % SHARED_LOCKS

  /** How many waiting frames were dropped because there were too many. */
  async function writeAll(
    transaction: Transaction,
    reports: readonly HostReport[],
    refused: Map<HostReport, WriteRefusal>,
  ): Promise<number> {
    await enterSharedLock(transaction, lock)
    await writer.readOthers(transaction)
    const rows = createCommitRows()
    for (const report of reports) {
      const rejection = await writer.write(transaction, report, rows)
      if (rejection !== null) refused.set(report, rejection)
    }
    await writer.insertRows(transaction, rows)
    let dropped = 0
    for (const host of rows.waitingHosts) dropped += await boundWaiting(transaction, host)
    const receipt = writer.receipts.take()
    if (receipt !== null) await transaction.run('INSERT INTO receipt (packed) VALUES (?)', [receipt])
    await states.flushIfDue(transaction)
    return dropped
  }

  return {
    isContentError,
    takeBoundHits: () => writer.guard.takeHits(),
    async write(reports) {
      if (reports.length === 0) return NONE
      const refused = new Map<HostReport, WriteRefusal>()
      let attempts = 0
      let dropped = 0
      try {
        await database.transaction(async (transaction) => {
          if (attempts++ > 0) writer.undo()
          refused.clear()
          dropped = await writeAll(transaction, reports, refused)
        })
      } catch (error) {
        writer.undo()
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
