import { describeError } from '../../lib/log.ts'
import { encodeReply } from '../../protocol/encode.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { describeFault, type Tally } from '../../protocol/rejection-tally.ts'
import type { HostReport } from '../../storage/ports/store.ts'
import type { Reason, Rejections } from '../rejections.ts'
import type { Outcome } from '../submission.ts'
import { REJECTIONS } from './reply-buffer.ts'

const FROM_THE_FUTURE =
  'samples are from the future; they wait with their sender until its clock and ours agree'
const WAITING_HERE =
  'samples are from the future; they wait in the database until their time has come or the clock is put right'

/** Whose report it is: the address of the connection, and the host of its latest reports. */
type ReportOrigin = { readonly address: string; readonly host: string | null }

/** Counts and logs what of a report is not stored now; `later` counts frames that wait with the sender. */
export function noteLeftOut(
  rejections: Rejections,
  { address, host }: ReportOrigin,
  {
    report,
    tally,
    later,
  }: { readonly report: HostReport; readonly tally: Tally | null; readonly later: number },
): void {
  const note = (reason: Reason, detail: string, count: number) =>
    rejections.note(reason, address, detail, { count, host })
  if (tally !== null && tally.total > 0)
    for (const [fault, count] of tally.counts) note(fault, describeFault(fault), count)
  if (later > 0) note('future', FROM_THE_FUTURE, later)
  if (report.waiting) note('future', WAITING_HERE, report.waiting.length)
}

/** Counts and logs a report that was refused for what its sender is. */
export function noteOutcome(rejections: Rejections, { address, host }: ReportOrigin, outcome: Outcome): void {
  const note = (reason: Reason, detail: string) => rejections.note(reason, address, detail, { host })
  if (outcome === 'foreign') note('key', REJECTIONS.foreign)
  else if (outcome === 'waiting') note('approval', REJECTIONS.waiting)
  else if (outcome === 'full') note('growth', REJECTIONS.full)
  else if (outcome === 'copy') note('copy', REJECTIONS.copy)
}

/** Counts and logs why a session ends; returns the reply that gives the reason in our dialect. */
export function noteEnd(rejections: Rejections, { address, host }: ReportOrigin, error: unknown): string {
  const { fault, detail, retry } = describeRejection(error)
  rejections.note(fault, address, detail, { host })
  return encodeReply({ id: null, error: fault === 'internal' ? 'internal error' : detail, retry })
}

/** The reason why a session ends: a fault of the sender, or an internal error, whose details are not sent. */
function describeRejection(error: unknown): {
  readonly fault: Reason
  readonly detail: string
  readonly retry: boolean
} {
  return error instanceof ProtocolError
    ? { fault: error.fault, detail: error.message, retry: error.retry }
    : { fault: 'internal', detail: describeError(error), retry: false }
}
