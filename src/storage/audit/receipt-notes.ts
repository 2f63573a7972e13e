import type { CachedHost } from '../hosts/host-cache.ts'
import type { HostReport } from '../ports/store.ts'
import { dayOf } from '../timeseries/day.ts'
import { createReceiptWriter, type ReceiptWriter } from './receipt.ts'

export type ReceiptNotes = Pick<ReceiptWriter, 'addOverlap' | 'take'> & {
  /** `samples` has those that are stored of each of the report's frames. */
  addReport(host: CachedHost, report: HostReport, samples: readonly number[]): void
}

/** Notes for the receipt of a commit what a report brought. Costs no statement. */
export function createReceiptNotes(): ReceiptNotes {
  const writer = createReceiptWriter()
  return {
    addOverlap: (host, time, samples) => writer.addOverlap(host, time, samples),
    take: () => writer.take(),
    addReport(host, { frames, numbers, queue }, samples) {
      if (host.agentRun !== null && queue?.known) writer.addContact(host.agentRun.queue, queue.known)
      if (host.agentRun !== null && numbers && numbers.frames.length === frames.length) {
        if (frames.length + numbers.others.length + numbers.lost.length > 0)
          writer.addReport(host.agentRun.queue, numbers, frames, samples)
        return
      }
      if (!host.isNumbered && host.agentRun === null) return
      for (const { time } of frames) {
        const day = dayOf(time)
        if (day <= host.unnumberedDay) continue
        host.unnumberedDay = day
        writer.addUnnumbered(host.id, day)
      }
    },
  }
}
