import type { ProbeSample } from './probes/probe.ts'

/** The result of work in the background, as the next cycle takes it. */
export type BackgroundResult = {
  readonly samples: readonly ProbeSample[]
  /** By metric: why its value is what it is. Events of the metric have it in their text. */
  readonly reasons: ReadonlyMap<string, string>
  /** Why the work as a whole failed, for the log; null when it did not. */
  readonly failure: string | null
  /** What was left out or renamed; each sentence is logged once. */
  readonly notes?: readonly string[]
}

/**
 * Work that is too slow for a cycle: it runs at an interval of its own, and cycles take its latest result.
 */
export type BackgroundJob = {
  /** As the log names it. */
  readonly name: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /**
   * Jobs that take turns do not begin at the same moment: each waits a short while for the one before it. So many checks
   * of one target are no burst, and none disturbs the time that another one measures.
   */
  readonly takesTurns?: boolean
  /** Ends soon after `signal` is aborted, with whose reason it may reject. */
  run(signal: AbortSignal): Promise<BackgroundResult>
  /** Called with each cycle where runs begin with cycles: of these metrics each value has to be a reading of its own. */
  noteUnsettled?(metrics: ReadonlySet<string>): void
  /** Gives back what runs keep from one to the next; no run comes after it. */
  close?(): void
  /** The result of a run that rejected or took too long. */
  fail(reason: string): BackgroundResult
}

/** A run may take as long as its interval, at least a second and at most `mostMs`. */
export const limitRun = (intervalMs: number, mostMs: number): number =>
  Math.min(mostMs, Math.max(1000, intervalMs))

const MAX_REASON = 400

/** Makes a reason of any text: one line, not too long for the text of an event. */
export function toReason(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .toWellFormed()
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1).toWellFormed()}…` : line
}

const MAX_NAMED = 5

/** Makes a reason of names; the first ones are listed, the rest are counted. */
export function nameSome(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ''
  return toReason(`${names.slice(0, MAX_NAMED).join(', ')}${more}`)
}
