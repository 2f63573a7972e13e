import { describeError } from '../../lib/log.ts'
import { encodeReply } from '../../protocol/encode.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { describeFault, type Tally } from '../../protocol/rejection-tally.ts'
import type { HostReport } from '../../storage/ports/store.ts'
import type { Reason } from '../rejections.ts'
import { measureReport, type Outcome, type ReportSender } from '../submission.ts'
import type { ConnectionContext } from './connection-context.ts'
import { LEGACY_ID, REJECTIONS } from './reply-buffer.ts'

const FROM_THE_FUTURE =
  'samples are from the future; they wait with their sender until its clock and ours agree'
const WAITING_HERE =
  'samples are from the future; they wait in the database until their time has come or the clock is put right'

/** Hands the reports of one connection on to be stored, and notes what of them was left out. */
export class ReportSubmitter {
  readonly #sender: ReportSender
  readonly #address: string
  readonly #shared: Pick<ConnectionContext<never>, 'ingest' | 'rejections'>
  #host: string | null = null
  #inFlight = 0

  constructor(
    sender: ReportSender,
    address: string,
    shared: Pick<ConnectionContext<never>, 'ingest' | 'rejections'>,
  ) {
    this.#sender = sender
    this.#address = address
    this.#shared = shared
  }

  /** The host of the latest reports; null before the first. */
  get host(): string | null {
    return this.#host
  }
  /** Reports of which it is not known yet what becomes of them. */
  get inFlight(): number {
    return this.#inFlight
  }

  submit(report: HostReport, id: number | null, tally: Tally | null, later: number): void {
    this.#inFlight++
    this.#host = report.host
    if (tally !== null && tally.total > 0)
      for (const [fault, count] of tally.counts) this.note(fault, describeFault(fault), count)
    if (later > 0) this.note('future', FROM_THE_FUTURE, later)
    if (report.waiting) this.note('future', WAITING_HERE, report.waiting.length)
    const { weight, samples } = measureReport(report)
    this.#shared.ingest.submit({
      report,
      sender: this.#sender,
      id: id ?? LEGACY_ID,
      refused: tally?.total ?? 0,
      reason: tally?.reason ?? null,
      later,
      weight,
      samples,
    })
  }

  /** Takes note of what has become of a report. */
  complete(outcome: Outcome): void {
    this.#inFlight--
    if (outcome === 'foreign') this.note('key', REJECTIONS.foreign)
    else if (outcome === 'waiting') this.note('approval', REJECTIONS.waiting)
    else if (outcome === 'full') this.note('growth', REJECTIONS.full)
    else if (outcome === 'copy') this.note('copy', REJECTIONS.copy)
  }

  noteError({ fault, message }: ProtocolError): void {
    this.note(fault, message)
  }

  /** Counts and logs why a session ends; returns the reply that gives the reason in our dialect. */
  noteEnd(error: unknown): string {
    const { fault, detail, retry } = describeRejection(error)
    this.note(fault, detail)
    return encodeReply({ id: null, error: fault === 'internal' ? 'internal error' : detail, retry })
  }

  /** Counts and logs a refusal; `detail` must not repeat what was sent. */
  note(reason: Reason, detail: string, count = 1): void {
    this.#shared.rejections.note(reason, this.#address, detail, { count, host: this.#host })
  }
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
