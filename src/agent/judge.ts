import type { Frame } from '../domain/sample.ts'
import type { ThresholdBook } from '../domain/threshold.ts'
import {
  FRESH_STATE,
  joinThresholdStates,
  parseThresholdState,
  step,
  type ThresholdChange,
} from '../domain/threshold-state.ts'
import type { Log } from '../lib/log.ts'

export type Verdict = {
  readonly events: readonly ThresholdChange[]
  /** What is to be kept with the frame; left out when that is what was kept before. */
  readonly thresholds?: string
}

/** Judges frames by thresholds. What it remembers it gives out to be kept, and gets back after a restart. */
export type Judge = {
  /** What was kept before this start, as it was given out; a damaged one counts for nothing. */
  restore(kept: string): void
  judge(frame: Frame): Verdict
}

export function createJudge(book: ThresholdBook, interval: number, log: Log): Judge {
  const options = { book, interval, makeUid: () => crypto.randomUUID() }
  let state = FRESH_STATE
  return {
    restore(kept) {
      const before = parseThresholdState(kept)
      if (before === FRESH_STATE)
        log.warn('what the thresholds remembered is damaged; they begin anew', { characters: kept.length })
      state = joinThresholdStates(before, state)
    },
    judge(frame) {
      const wasIdle = state.metrics.length === 0
      const { state: after, changes } = step(state, frame, options)
      state = after
      for (const { metric, severity, status, message, stale, change } of changes) {
        const what = status === 'closed' ? 'closed' : change === 1 ? 'opened' : stale ? 'is stale' : 'changed'
        log.info(`an event ${what}`, { metric, severity, message })
      }
      // While nothing breaches, which is nearly always, there is nothing to remember but the time, which the queue knows too.
      return wasIdle && after.metrics.length === 0
        ? { events: changes }
        : { events: changes, thresholds: JSON.stringify(after) }
    },
  }
}
