import { type EventReport, isSeverity, type Severity } from '../event.ts'
import type { Frame } from '../sample.ts'
import { describeThreshold, type Threshold, type ThresholdTable } from './threshold.ts'
import { advanceRun, isRun, longestHole, type Run, type Sample } from './threshold-run.ts'

/**
 * The state of the agent's thresholds between two cycles: plain JSON, stored in the transaction that queues
 * the changes. It names only metrics that breach a threshold or have an open event.
 */
export type ThresholdState = {
  /** Time of the newest frame evaluated, by the evaluation's own count; 0 when there was none. */
  readonly time: number
  readonly metrics: readonly MetricState[]
}

type MetricState = {
  readonly metric: string
  /** Time of its newest sample. */
  readonly last: number
  /** Frames since then that had no value for it. */
  readonly missed: number
  readonly runs: readonly Run[]
  readonly event: OpenEvent | null
}

type OpenEvent = {
  readonly uid: string
  readonly change: number
  /** Seconds since 1970; absent in a state that an older version kept. */
  readonly opened?: number
  readonly severity: Severity
  readonly message: string
  /** The value at its newest change; absent in a state that an older version kept. */
  readonly value?: number
  /** The metric has stopped coming; the state of the problem is the last one known. */
  readonly stale: boolean
}

/** `stale` is true from the change on that reports that the metric stopped coming. */
export type ThresholdChange = EventReport & { readonly uid: string; readonly stale: boolean }

export type StepOptions = {
  readonly book: ThresholdTable
  /** Seconds between two samples, as they are expected. */
  readonly interval: number
  /**
   * The frame's time by a clock that never goes back; absent: the frame's own time. Durations are counted by
   * it, reported times are the frame's.
   */
  readonly at?: number
  /**
   * An id for an event that opens, never given before: at most 64 letters, digits, dots, hyphens, colons and
   * underscores.
   */
  readonly makeUid: (metric: string, opened: number) => string
  /** By metric: the reason of its value. An event that opens, or changes its severity, contains it. */
  readonly reasons?: ReadonlyMap<string, string>
}

export const FRESH_STATE: ThresholdState = { time: 0, metrics: [] }

/**
 * Evaluates one frame. Pure: the same state and frame give the same result (but for the ids), and a frame
 * that was evaluated already changes nothing. A metric has at most one open event; its severity is that of
 * the gravest threshold that holds.
 */
export function step(
  state: ThresholdState,
  frame: Frame,
  options: StepOptions,
): { state: ThresholdState; changes: ThresholdChange[] } {
  const { time: frameTime } = frame
  const { interval, at: time = frameTime } = options
  const reach = 2 * interval
  // A little earlier is a repetition; much earlier is a clock that was set back, and counts from there on.
  if (time === state.time || (time < state.time && state.time - time <= reach)) return { state, changes: [] }

  const known = new Map(state.metrics.map((entry) => [entry.metric, entry]))
  const metrics: MetricState[] = []
  const changes: ThresholdChange[] = []
  const keep = (before: MetricState | null, after: MetricState) => {
    const change = changeBetween(before, after, frameTime)
    if (change !== null) changes.push(change)
    if (after.runs.length > 0 || after.event !== null) metrics.push(after)
  }

  for (const column of findConcerned(frame, state, options.book)) {
    const metric = frame.metrics[column]
    const value = frame.values[column]
    if (metric === undefined || value === null || value === undefined) continue
    const before = known.get(metric) ?? null
    const thresholds = options.book.of(metric)
    known.delete(metric)
    const sample = {
      value,
      time,
      before: before !== null && time > before.last ? before.last : null,
      interval,
    }
    const evaluated = evaluateAll(thresholds, before?.runs ?? [], sample)
    const event = nextEvent(
      { metric, value, time: frameTime },
      before?.event ?? null,
      evaluated.worst,
      options,
    )
    keep(before, { metric, last: time, missed: 0, runs: evaluated.runs, event })
  }

  for (const before of known.values()) {
    if (before.event === null) {
      const covered = longestHole(options.book.of(before.metric), interval)
      if (time > before.last && time - before.last <= covered) metrics.push(before)
    } else if (options.book.of(before.metric).length === 0) {
      keep(before, { ...before, event: null, runs: [] })
    } else {
      // Counted in frames, not seconds, so that rates, which have no value in the first frame after a pause,
      // don't count as gone.
      const missed = Math.min(before.missed + 1, STALE_AFTER)
      const stale = before.event.stale || missed >= STALE_AFTER
      const event = stale === before.event.stale ? before.event : amend(before.event, { stale })
      keep(before, { ...before, missed, event })
    }
  }
  return { state: { time, metrics }, changes }
}

/** Columns that breach a threshold, or of which something is remembered; nearly every frame has none or few. */
function findConcerned(
  { metrics, values }: Frame,
  { metrics: remembered }: ThresholdState,
  book: ThresholdTable,
): readonly number[] {
  const breaching = book.findBreaches(metrics, values)
  if (remembered.length === 0) return breaching
  const columns = new Set(breaching)
  const known = new Set(remembered.map(({ metric }) => metric))
  for (let column = 0; column < metrics.length; column++)
    if (known.has(metrics[column] ?? '')) columns.add(column)
  return [...columns].sort((a, b) => a - b)
}

/** The third frame without a value makes a gap longer than two intervals. */
const STALE_AFTER = 3

function evaluateAll(thresholds: readonly Threshold[], held: readonly Run[], sample: Sample) {
  const runs: Run[] = []
  const ordinals = new Map<string, number>()
  let worst: Threshold | null = null
  for (const threshold of thresholds) {
    const kind = `${threshold.severity}${threshold.compare}`
    const ordinal = ordinals.get(kind) ?? 0
    ordinals.set(kind, ordinal + 1)
    const key = `${kind}${ordinal}`
    const run = advanceRun(
      threshold,
      held.find((candidate) => candidate.key === key) ?? { key, holds: false, since: null },
      sample,
    )
    if (run.holds && (worst === null || threshold.severity < worst.severity)) worst = threshold
    if (run.holds || run.since !== null) runs.push(run)
  }
  return { runs, worst }
}

function nextEvent(
  { metric, value, time }: { readonly metric: string; readonly value: number; readonly time: number },
  before: OpenEvent | null,
  worst: Threshold | null,
  { makeUid, reasons }: StepOptions,
): OpenEvent | null {
  if (worst === null) return null
  const message = describeThreshold(metric, worst, reasons?.get(metric))
  const { severity } = worst
  if (before === null)
    return { uid: makeUid(metric, time), change: 1, opened: time, severity, message, value, stale: false }
  if (before.severity === severity && !before.stale) return before
  return amend(before, {
    ...(before.severity !== severity && { severity, message }),
    value,
    stale: false,
  })
}

const amend = (event: OpenEvent, what: Partial<OpenEvent>): OpenEvent => ({
  ...event,
  ...what,
  change: event.change + 1,
})

function changeBetween(before: MetricState | null, after: MetricState, time: number): ThresholdChange | null {
  const was = before?.event ?? null
  const is = after.event
  const { metric } = after
  if (is !== null) {
    if (is === was) return null
    const { uid, change, severity, message, value, stale } = is
    const known = value === undefined ? {} : { value }
    return { uid, change, time, metric, severity, status: 'open', message, ...known, stale }
  }
  if (was === null) return null
  const { uid, severity, message } = was
  return { uid, change: was.change + 1, time, metric, severity, status: 'closed', message, stale: false }
}

/** Whether nothing but the times of samples, and how many they were, tells the two apart. */
export function areAlike(a: ThresholdState, b: ThresholdState): boolean {
  return (
    a.metrics.length === b.metrics.length &&
    a.metrics.every((one, i) => {
      const other = b.metrics[i]
      return (
        other !== undefined &&
        one.metric === other.metric &&
        one.event === other.event &&
        one.missed === other.missed &&
        one.runs.length === other.runs.length &&
        one.runs.every((run, place) => isSameRun(run, other.runs[place]))
      )
    })
  )
}

const isSameRun = (a: Run, b: Run | undefined) =>
  a.key === b?.key && a.holds === b.holds && a.since === b.since

/** The events that are open, each as its newest change with the time of its opening. */
export function listOpenEvents({ time, metrics }: ThresholdState): EventReport[] {
  return metrics.flatMap(({ metric, event }) => {
    if (event === null) return []
    const { uid, change, opened, severity, message, value, stale } = event
    const known = value === undefined ? {} : { value }
    return [
      {
        uid,
        change,
        time: opened ?? time,
        metric,
        severity,
        status: 'open' as const,
        message,
        ...known,
        stale,
      },
    ]
  })
}

/** The evaluation since `newer` began, together with the events that `older` had left open: they go on. */
export function joinThresholdStates(older: ThresholdState, newer: ThresholdState): ThresholdState {
  if (newer.time === 0) return older
  const opened = new Set(newer.metrics.flatMap(({ metric, event }) => (event === null ? [] : [metric])))
  const adopted = older.metrics.filter(({ metric, event }) => event !== null && !opened.has(metric))
  const taken = new Set(adopted.map(({ metric }) => metric))
  return {
    time: newer.time,
    metrics: [...newer.metrics.filter(({ metric }) => !taken.has(metric)), ...adopted],
  }
}

/**
 * A state as it was kept; a fresh one when it is damaged or of another version, which costs no more than its
 * counts.
 */
export function parseThresholdState(json: string): ThresholdState {
  try {
    const state = JSON.parse(json) as ThresholdState
    const isSound = Number.isInteger(state.time) && state.metrics.every(isMetricState)
    return isSound ? state : FRESH_STATE
  } catch {
    return FRESH_STATE
  }
}

function isMetricState({ metric, last, missed, runs, event }: MetricState): boolean {
  return (
    typeof metric === 'string' &&
    Number.isInteger(last) &&
    Number.isInteger(missed) &&
    runs.every(isRun) &&
    (event === null ||
      (typeof event.uid === 'string' &&
        Number.isInteger(event.change) &&
        isSeverity(event.severity) &&
        typeof event.message === 'string' &&
        (event.value === undefined || typeof event.value === 'number') &&
        typeof event.stale === 'boolean'))
  )
}
