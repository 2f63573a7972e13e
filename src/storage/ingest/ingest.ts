import type { Log } from '../../lib/log.ts'
import { isContentError } from '../database/content-error.ts'
import type { Database, Transaction } from '../database/database.ts'
import { enterSharedLock, SHARED_LOCKS } from '../database/write-locks.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { HostReport, IngestPolicy, IngestStore, WriteRefusal } from '../ports/store.ts'
import { CommitRows } from './commit-rows.ts'
import { ReportWriter } from './report-writer.ts'

type Refused = ReadonlyMap<HostReport, WriteRefusal>

const NONE: Refused = new Map()

export function createIngestStore(
  database: Database,
  states: LastSeenBuffer,
  { log, policy }: { readonly log: Log; readonly policy: IngestPolicy },
): IngestStore & { readonly setPolicy: (policy: IngestPolicy) => void } {
  const writer = new ReportWriter(states, policy)
  /** Two engines that happen to have the same one wait for each other, and lose nothing else by it. */
  const lock = (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % SHARED_LOCKS

  /** The reports that are refused, and the number of waiting frames that had to be dropped. */
  async function writeAll(transaction: Transaction, reports: readonly HostReport[]) {
    let refused: Map<HostReport, WriteRefusal> | null = null
    await enterSharedLock(transaction, lock)
    await writer.begin(transaction, reports[0]?.seen ?? 0)
    const rows = new CommitRows()
    for (const report of reports) {
      // Most reports need no statement: waiting for each of them would cost more than writing it.
      if (writer.writePlain(report, rows)) continue
      const rejection = await writer.write(transaction, report, rows)
      if (rejection !== null) refused = (refused ?? new Map()).set(report, rejection)
    }
    const dropped = await rows.insert(transaction, writer.merging)
    const receipt = writer.takeReceipt()
    if (receipt !== null) await transaction.run('INSERT INTO receipt (packed) VALUES (?)', [receipt])
    await states.flushIfDue(transaction)
    return { refused: refused ?? NONE, dropped }
  }

  async function write(reports: readonly HostReport[]): Promise<Refused> {
    if (reports.length === 0) return NONE
    let attempts = 0
    try {
      const { refused, dropped } = await database.transaction(
        (transaction) => {
          if (attempts++ > 0) writer.undo()
          return writeAll(transaction, reports)
        },
        // What agents send next is read meanwhile. Samples that are written again do no harm.
        { flushesAside: true },
      )
      states.committed()
      if (dropped > 0)
        log.warn('more samples are in the future than an agent takes in 7 days; the oldest are dropped', {
          frames: dropped,
        })
      return refused
    } catch (error) {
      writer.undo()
      throw error
    }
  }

  return { isContentError, takeBoundHits: writer.takeBoundHits, setPolicy: writer.setPolicy, write }
}
