import type { HostReport, WriteRefusal } from '../storage/ports/store.ts'

/**
 * - `stored`: on disk.
 * - `failed`: storage is away.
 * - `refused`: storage does not take what the report holds, while it takes others.
 * - `foreign`: the host's name belongs to another agent.
 * - `waiting`: the host is new and waits for a person's approval.
 * - `copy`: another agent with the same key speaks for the host.
 * - `stale`: another run of the agent has greeted since; this one has to greet again.
 */
export type Outcome = 'stored' | 'failed' | 'refused' | WriteRefusal

/** The sender that waits for the outcome of a report. */
export type ReportSender = {
  /** Called once for each report, after the commit that holds it or the failure. Must not throw. */
  complete(submission: Submission, outcome: Outcome): void
  /** Called when a commit's reports are settled: the time to write. Must not throw. */
  flush(): void
}

/** A report on its way to storage. */
export type Submission = {
  readonly report: HostReport
  readonly sender: ReportSender
  /** The sender's own number for it. */
  readonly id: number
  /** The number of pieces that were left out, which the sender is notified of. */
  readonly refused: number
  readonly reason: string | null
  /** Frames that were left out because they are from the future: the sender keeps them. */
  readonly later: number
  readonly weight: number
  readonly samples: number
}

/** Sending these again would not help, so that they are not kept. */
export const addRefused = (submission: Submission, count: number): Submission => ({
  ...submission,
  refused: submission.refused + count,
  reason: submission.reason ?? 'the host has more metrics, open events or facts than the server takes',
})

/** About the bytes of memory that a report holds, and how many samples it brings. */
export function measureReport(report: HostReport): { weight: number; samples: number } {
  let weight =
    512 +
    1024 * (report.events.length + (report.open?.length ?? 0)) +
    400 * (report.facts?.thresholds?.length ?? 0)
  let samples = 0
  for (const { values } of report.frames) {
    weight += 160 + 8 * values.length
    for (const value of values) if (value !== null) samples++
  }
  for (const { values } of report.waiting ?? []) weight += 160 + 8 * values.length
  return { weight, samples }
}
