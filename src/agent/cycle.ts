import type { HostFacts } from '../domain/hosts/host.ts'
import type { Threshold } from '../domain/thresholds/threshold.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { watchClock } from './clock-jump-detector.ts'
import type { FrameBuilder } from './frame.ts'
import type { MachineSource } from './machine-source.ts'
import type { Queue } from './queue/queue.ts'
import { createProcessRecorder } from './running-processes.ts'
import type { SelfMetrics } from './self-metrics.ts'
import type { Sender } from './sending/sender.ts'
import type { ThresholdEvaluator } from './threshold-evaluator.ts'
import { watchUnmatched } from './unmatched-thresholds.ts'

export type CycleOptions = {
  readonly source: MachineSource
  readonly frames: FrameBuilder
  readonly figures: SelfMetrics
  readonly evaluator: ThresholdEvaluator
  /** Thresholds of the configuration; one that matches no metric is logged. */
  readonly configuredThresholds?: readonly Threshold[]
  readonly queue: Queue
  readonly sender: Sender
  /** As the sender has them. */
  readonly facts: HostFacts
  /** The same, read again. */
  readFacts(): Promise<HostFacts>
  /** Seconds between two cycles. */
  readonly interval: number
  /** Seconds that a sample is kept for a server that is away. */
  readonly queueAge: number
  /** Called at the end of each cycle. */
  readonly onEnded: (() => void) | undefined
  readonly clock: Clock
  readonly log: Log
}

/**
 * A new name of the machine is to be taken up within ten minutes, also with a minute between cycles. Reading the facts
 * costs as much as a cycle.
 */
const READ_FACTS_EVERY_MS = 8.5 * 60_000

/**
 * One cycle: measure, judge, put both in the queue, have it sent. A time that has its samples already is not
 * sampled again after a restart; the server is then only told that the host lives. Where the clock was set
 * back, values are measured and evaluated all the same, so that no alarm waits for the clock to come back to
 * where it was; they can't be kept under a time that has its samples, and are counted.
 */
export function createCycle(options: CycleOptions): (time: number) => Promise<void> {
  const { source, frames, figures, evaluator, queue, sender, clock, log } = options
  const clockJumpDetector = watchClock(clock)
  let facts = JSON.stringify(options.facts)
  let factsReadAtMs = clock.monotonicMs()
  let isFirst = true
  const recorder = createProcessRecorder(source.readProcesses, clock)
  const unmatched = watchUnmatched(options.configuredThresholds ?? [], log)
  /** Cycles in a row whose samples found their time taken. */
  let unstored = 0
  let hasLoggedOmitted = false

  async function sample(time: number) {
    const unsettled = evaluator.listUnsettled()
    const { samples, failed, reasons } = await source.measure(unsettled)
    const frame = frames.build(time, [
      ...figures.read(failed, { queue: queue.figures, isPathNarrow: sender.isPathNarrow }, unsettled),
      ...samples,
    ])
    noteOmitted(frames.omitted)
    const isTaken = queue.hasTaken(time)
    noteUnstored(time, isTaken ? samples.length : 0)
    if (isTaken) queue.noteTakenTime(time)
    unmatched.note(frame.metrics)
    const { began, ...verdict } = evaluator.evaluate(frame, reasons)
    const events =
      began.length + verdict.events.length === 0 ? [] : await recorder.record(verdict.events, began)
    queue.append(
      { ...verdict, events, frame: isTaken ? null : frame },
      clockJumpDetector.isSteady() && sender.isClockConfirmed() ? clock.now() - options.queueAge : null,
    )
  }

  function noteOmitted(omitted: number) {
    if (omitted > 0 && !hasLoggedOmitted)
      log.warn('metrics are left out because there are more than agent.max_metrics', { count: omitted })
    hasLoggedOmitted ||= omitted > 0
    figures.noteOmitted(omitted)
  }

  function noteUnstored(time: number, samples: number) {
    if (samples > 0) {
      if (unstored++ === 0)
        log.warn(
          'the clock was set back: until it reaches its earlier time, samples are evaluated but not stored',
          { time },
        )
      figures.noteUnstored(samples)
    } else if (unstored > 0) {
      log.info('samples are stored again after the clock was set back', { time, cycles_not_stored: unstored })
      unstored = 0
    }
  }

  /** After a start within the interval of the last cycle, and not after one with a clock that was set back. */
  const isRepetition = (time: number) =>
    isFirst && queue.hasTaken(time) && !queue.hasTaken(time + options.interval)

  function restoreThresholds() {
    const found = queue.takeFoundThresholds()
    if (found !== null) evaluator.restore(found.kept)
  }

  async function refreshFacts() {
    factsReadAtMs = clock.monotonicMs()
    try {
      const found = await options.readFacts()
      const text = JSON.stringify(found)
      if (text !== facts) sender.updateFacts(found)
      facts = text
    } catch (error) {
      log.warn('the facts of this machine cannot be read', { reason: error })
    }
  }

  return async (time) => {
    restoreThresholds()
    if (!isRepetition(time)) await sample(time)
    if (clock.monotonicMs() - factsReadAtMs >= READ_FACTS_EVERY_MS) await refreshFacts()
    isFirst = false
    sender.wake()
    options.onEnded?.()
  }
}
