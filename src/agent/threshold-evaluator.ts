import type { EventReport } from '../domain/event.ts'
import type { Frame } from '../domain/sample.ts'
import type { ThresholdTable } from '../domain/thresholds/threshold.ts'
import {
  areAlike,
  FRESH_STATE,
  joinThresholdStates,
  listOpenEvents,
  parseThresholdState,
  step,
  type ThresholdState,
} from '../domain/thresholds/threshold-state.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export type Verdict = {
  readonly events: readonly EventReport[]
  /** Metrics that began to breach a threshold with this frame. */
  readonly began: readonly string[]
  /** The state to store with the frame; left out when it is the stored one. */
  readonly thresholds?: string
}

/**
 * Evaluates frames against thresholds. What it remembers it gives out to be kept, and gets back after a
 * restart.
 */
export type ThresholdEvaluator = {
  /**
   * What was kept before this start, as it was given out; a damaged one counts for nothing. Null when nothing
   * ever was: then the server may know events of an agent that was here before, and each metric that is found
   * good ends what is open of it.
   */
  restore(kept: string | null): void
  /** `reasons` has, by metric, why values are what they are. */
  evaluate(frame: Frame, reasons?: ReadonlyMap<string, string>): Verdict
  /**
   * The metrics with a threshold that is on its way to hold, or to be over: it counts each sample, so that each has to
   * be a reading of its own.
   */
  listUnsettled(): ReadonlySet<string>
  /**
   * The events that are open now; null while what was kept is not read yet, or was lost, so that the list may
   * lack some.
   */
  listOpen(): readonly EventReport[] | null
  /** The state to store before the end; null when it is the stored one. */
  takeUnkept(): string | null
}

/**
 * A state that differs from the stored one by times alone is stored again after this: a crash makes counts that short
 * by as much, which no hole in them is (`coveredHole`).
 */
const KEEP_AGAIN_MS = 10_000

/**
 * After this many frames an agent that lost its state knows everything that is open, except for metrics that
 * have been about to breach since its start.
 */
const DOUBTED_FRAMES = 10

export type ThresholdEvaluatorOptions = {
  readonly book: ThresholdTable
  /** Seconds between two frames. */
  readonly interval: number
  readonly clock: Clock
  readonly log: Log
}

export function createThresholdEvaluator({
  book,
  interval,
  clock,
  log,
}: ThresholdEvaluatorOptions): ThresholdEvaluator {
  const countTime = createSteadyCount(clock)
  const options = { book, interval, makeUid: () => crypto.randomUUID() }
  let state = FRESH_STATE
  let isKnown = false
  /** Null when the server knows the state of each metric. */
  let doubt: Doubt | null = null
  let framesInDoubt = 0
  /** As it was given out last, and when. */
  let given = FRESH_STATE
  let givenAtMs = Number.NEGATIVE_INFINITY

  function give(): string {
    given = state
    givenAtMs = clock.monotonicMs()
    return JSON.stringify(state)
  }

  return {
    restore(kept) {
      const isFirst = !isKnown
      isKnown = true
      if (kept === null) {
        if (isFirst) doubt = beginDoubt()
        return
      }
      const before = parseThresholdState(kept)
      if (before === FRESH_STATE) {
        if (isFirst) doubt = beginDoubt()
        log.warn('what the thresholds remembered is damaged; they begin anew', { characters: kept.length })
      }
      state = joinThresholdStates(before, state)
    },
    evaluate(frame, reasons) {
      const former = state
      const { state: after, changes } = step(state, frame, {
        ...options,
        at: countTime(frame.time),
        ...(reasons !== undefined && { reasons }),
      })
      state = after
      for (const { metric, severity, status, message, stale, change } of changes) {
        const what = status === 'closed' ? 'closed' : change === 1 ? 'opened' : stale ? 'is stale' : 'changed'
        log.info(`an event ${what}`, { metric, severity, message })
      }
      const endings = doubt === null ? [] : endUnknown(frame, book, after, doubt)
      if (
        doubt !== null &&
        ++framesInDoubt >= DOUBTED_FRAMES &&
        after.metrics.every(({ metric, event }) => event !== null || doubt?.settled.has(metric))
      )
        doubt = null
      // While nothing breaches, which is nearly always, there is nothing to remember but the time, which the
      // queue knows too; once it is kept all the same, for the next start to see that this agent was here
      // before.
      const isIdle = former.metrics.length === 0 && after.metrics.length === 0
      if (isIdle && endings.length === 0) return { events: changes, began: [] }
      if (
        changes.length + endings.length === 0 &&
        areAlike(given, after) &&
        clock.monotonicMs() - givenAtMs < KEEP_AGAIN_MS
      )
        return { events: changes, began: [] }
      const before = new Set(former.metrics.map(({ metric }) => metric))
      return {
        events: [...endings, ...changes],
        began: after.metrics.map(({ metric }) => metric).filter((metric) => !before.has(metric)),
        thresholds: give(),
      }
    },
    listUnsettled: () => listUnsettled(state),
    takeUnkept: () =>
      state === given || (state.metrics.length === 0 && given.metrics.length === 0) ? null : give(),
    listOpen: () => (isKnown && doubt === null ? listOpenEvents(state) : null),
  }
}

const NONE: ReadonlySet<string> = new Set()

function listUnsettled({ metrics }: ThresholdState): ReadonlySet<string> {
  if (metrics.length === 0) return NONE
  const counting = metrics.filter(({ runs }) => runs.some(({ since }) => since !== null))
  return new Set(counting.map(({ metric }) => metric))
}

/**
 * Times of frames, in seconds, that go on where the wall clock is set back: what is counted by them needs no
 * pause until the clock has come to where it was. A clock that is set forward, or a machine that slept, leaves
 * a hole, but for what was set back before.
 */
function createSteadyCount(clock: Clock): (time: number) => number {
  let offsetMs = clock.nowMs() - clock.monotonicMs()
  let ahead = 0
  return (time) => {
    const newOffsetMs = clock.nowMs() - clock.monotonicMs()
    const jump = Math.round((newOffsetMs - offsetMs) / 1000)
    if (jump !== 0) {
      ahead = Math.max(0, ahead - jump)
      offsetMs += jump * 1000
    }
    return time + ahead
  }
}

type Doubt = {
  /** Metrics whose state the server knows. */
  readonly settled: Set<string>
  /** The columns of the other ones in these metrics, which frames share. */
  metrics: readonly string[]
  columns: readonly number[]
}

const beginDoubt = (): Doubt => ({ settled: new Set(), metrics: [], columns: [] })

/**
 * Closings without an id, for whatever event is open of a metric that is good; one that opens an event ends
 * the older by that.
 */
function endUnknown(frame: Frame, book: ThresholdTable, after: ThresholdState, doubt: Doubt): EventReport[] {
  const { time, metrics, values } = frame
  const { settled } = doubt
  const endings: EventReport[] = []
  if (doubt.metrics !== metrics) {
    doubt.metrics = metrics
    doubt.columns = [...metrics.keys()]
  }
  doubt.columns = doubt.columns.filter((column) => {
    const metric = metrics[column] ?? ''
    if (settled.has(metric)) return false
    if ((values[column] ?? null) === null) return true
    const held = after.metrics.find((entry) => entry.metric === metric)
    // On its way to hold: to be seen.
    if (held !== undefined && held.event === null) return true
    settled.add(metric)
    if (held === undefined && book.of(metric).length > 0)
      endings.push({ uid: null, change: 0, time, metric, severity: 4, status: 'closed', message: '' })
    return false
  })
  return endings
}
