import { isComplete } from './complete.ts'
import type { HostAudit } from './host-audit.ts'
import { UNEXPLAINED } from './loss.ts'

const DAY = 86_400

/** An audit in the words of the API, which the shell has too. */
export const describeAudit = (audit: HostAudit) => ({
  host: audit.host,
  numbered: audit.isNumbered,
  complete: audit.isNumbered ? isComplete(audit) : null,
  since: audit.since,
  last_time: audit.lastTime,
  expected: audit.expected,
  present: audit.present,
  waiting: audit.pending,
  missing: audit.missing,
  repeated: audit.repeated,
  samples: {
    days: audit.samples.days,
    acknowledged: audit.samples.acknowledged,
    there: audit.samples.counted,
    doubled: audit.samples.doubled,
    differences: audit.samples.differences.map(({ day, acknowledged, counted, isDamaged }) => ({
      day: new Date(day * DAY * 1000).toISOString().slice(0, 10),
      acknowledged,
      there: counted,
      damaged: isDamaged,
    })),
  },
  refused: audit.refused,
})

/** Holes and what was refused of a host, in the words of the API. */
export const describeAuditDetail = <R extends string, G extends { readonly reason: R | null }>(
  gaps: readonly G[],
  rejections: readonly { readonly minute: number; readonly reason: string; readonly amount: number }[],
) => ({
  gaps: gaps.map(({ reason, ...gap }) => ({ reason: reason ?? UNEXPLAINED, ...gap })),
  rejections: rejections.map(({ minute, reason, amount }) => ({ minute, reason, amount })),
})
