import { LOSS_TEXTS, type LossReason, UNEXPLAINED } from '../audit/loss.ts'
import type { EventReport, Severity } from '../event.ts'
import { DATA_GAP } from '../metrics/declared/server-events.ts'

const PREFIX = DATA_GAP.name.replace('<reason>', '')

export const gapMetricOf = (reason: LossReason | null): string => `${PREFIX}${reason ?? UNEXPLAINED}`

export type DataGap = {
  /** Null when no reason was reported. */
  readonly reason: LossReason | null
  /** Frames and events, or cycles. */
  readonly amount: number
  /** Times of the first and the last that is missing; 0 when not known. */
  readonly from: number
  readonly to: number
}

/** Nothing was measured then: there is nothing that could be looked for. */
const NOTHING_MEASURED: ReadonlySet<LossReason> = new Set(['off', 'clock', 'skipped'])

export const NO_REASON_TEXT = 'acknowledged, but not in this database'

export const describeReason = (reason: LossReason | null): string =>
  reason === null ? NO_REASON_TEXT : LOSS_TEXTS[reason]

/** A hole without a reason stays open until a person has seen it; what was never measured is over at once. */
export function reportDataGap(uid: string, gap: DataGap, at: number): EventReport {
  const { reason, amount, from, to } = gap
  const isMeasured = reason === null || !NOTHING_MEASURED.has(reason)
  const severity: Severity = reason === null ? 1 : isMeasured ? 2 : 4
  const what = isMeasured ? 'frames or events are' : 'cycles are'
  return {
    uid,
    change: at,
    time: isMeasured ? at : to || at,
    metric: gapMetricOf(reason),
    severity,
    status: isMeasured ? 'open' : 'closed',
    message: `${amount} ${what} missing${describeTime(from, to)}: ${describeReason(reason)}`,
  }
}

const describeTime = (from: number, to: number) =>
  from === 0 ? '' : ` (${writeTime(from)} to ${writeTime(to)})`

const writeTime = (time: number) => new Date(time * 1000).toISOString().replace('.000Z', 'Z')

type MissingSamples = {
  readonly uid: string
  /** `2026-01-10` */
  readonly date: string
  readonly missing: number
  /** The server has found damaged bytes of the host since then. */
  readonly isDamaged: boolean
  readonly at: number
}

/** The report for a compacted day that holds fewer samples than were acknowledged. */
export function reportMissingSamples({ uid, date, missing, isDamaged, at }: MissingSamples): EventReport {
  const reason = isDamaged ? 'they were damaged on disk' : NO_REASON_TEXT
  return {
    uid,
    change: at,
    time: at,
    metric: `${PREFIX}samples`,
    severity: isDamaged ? 2 : 1,
    status: 'open',
    message: `${missing} samples of ${date} (UTC) are missing: ${reason}`,
  }
}
