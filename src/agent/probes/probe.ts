import type { MetricFamily } from '../../domain/metrics/metric-family.ts'
import type { ProcFs } from '../../platform/proc.ts'
import type { Win32 } from '../../platform/win32.ts'

export type ProbeSample = { readonly metric: string; readonly value: number }

/** The context of every probe, besides its own reading. */
export type ProbeContext = {
  /** Names from the configuration. */
  readonly processes: readonly string[]
  readonly services: readonly string[]
  /** Report filesystems that other machines or processes serve (NFS, CIFS, FUSE), too. */
  readonly networkFilesystems?: boolean
  /** Logs a message the first time that it is given. */
  noteOnce?(message: string, fields: Readonly<Record<string, string | number>>): void
}

/**
 * One part of a machine. `linux` and `windows` read raw figures and do no arithmetic; `samples` does all
 * arithmetic, purely, for both. A null reading means "not present here" and is silent; a throw means broken:
 * the runner logs it once, counts it and goes on with the rest.
 */
export type Probe<Reading> = {
  readonly name: string
  /** All that `samples` may yield: the guide of the website is made of it. */
  readonly metrics: readonly MetricFamily[]
  /**
   * The values of a reading are given again until it is this many seconds old, where cycles are more frequent: of
   * what changes slowly. Each cycle reads all the same while a threshold on its way to hold, or to be over, counts the
   * readings of one of its metrics. Left out: each cycle reads.
   */
  readonly keepSeconds?: number
  /** The metrics that count what happened since the reading before: where the others are given again, these are 0. */
  readonly counted?: readonly string[]
  linux(
    proc: ProcFs,
    context: ProbeContext,
    /**
     * The reading of the cycle before, for what need not be looked up again (a process id, a list of
     * sensors).
     */
    previous: Reading | null,
  ): Reading | null | Promise<Reading | null>
  /** Probes without are of things that Windows does not have. */
  windows?(win32: Win32, context: ProbeContext): Reading | null
  /**
   * `previous` is the reading of the cycle before (null at the first one), `seconds` the time between the two
   * by the monotonic clock. Counters that went backwards give no sample.
   */
  samples(now: Reading, previous: Reading | null, seconds: number): ProbeSample[]
}

/** Gives a probe its type and erases that of its reading, so that probes of all kinds go into one list. */
export function defineProbe<Reading>(probe: Probe<Reading>): Probe<unknown> {
  return probe as Probe<unknown>
}
