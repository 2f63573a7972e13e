import type { HostFacts } from '../domain/hosts/host.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { watchClock } from './clock-jump-detector.ts'
import type { FrameBuilder } from './frame.ts'
import type { MachineSource } from './machine-source.ts'
import type { Queue } from './queue/queue.ts'
import type { SelfMetrics } from './self-metrics.ts'
import type { Sender } from './sending/sender.ts'
import type { ThresholdEvaluator } from './threshold-evaluator.ts'

export type CycleOptions = {
  readonly source: MachineSource
  readonly frames: FrameBuilder
  readonly figures: SelfMetrics
  readonly evaluator: ThresholdEvaluator
  readonly queue: Queue
  readonly sender: Sender
  /** As the sender has them. */
  readonly facts: HostFacts
  /** The same, read anew. */
  readFacts(): HostFacts
  /** Seconds that a sample is kept for a server that is away. */
  readonly queueAge: number
  /** This long after its boundary a cycle's samples are sent; the first ones go at once. */
  readonly sendDelayMs: number
  readonly clock: Clock
  readonly log: Log
}

const READ_FACTS_EVERY_MS = 10 * 60_000

/**
 * One cycle: measure, judge, put both in the queue, have it sent. A time that has its samples already (after
 * a restart, or a clock that was put back) is not sampled again; the server is then only told that the host
 * lives.
 */
export function createCycle(options: CycleOptions): (time: number) => Promise<void> {
  const { source, frames, figures, evaluator, queue, sender, clock, log } = options
  const clockJumpDetector = watchClock(clock)
  let facts = JSON.stringify(options.facts)
  let factsReadAtMs = clock.monotonicMs()
  let isFirst = true

  async function sample(time: number) {
    const { samples, failed, reasons } = await source.measure()
    const frame = frames.build(time, [...figures.read(failed, queue.figures), ...samples])
    queue.append(
      { frame, ...evaluator.evaluate(frame, reasons) },
      clockJumpDetector.isSteady() && sender.isClockConfirmed() ? clock.now() - options.queueAge : null,
    )
  }

  function restoreThresholds() {
    const found = queue.takeFoundThresholds()
    if (found !== null) evaluator.restore(found.kept)
  }

  function refreshFacts() {
    const nowMs = clock.monotonicMs()
    if (nowMs - factsReadAtMs < READ_FACTS_EVERY_MS) return
    factsReadAtMs = nowMs
    try {
      const found = options.readFacts()
      const text = JSON.stringify(found)
      if (text !== facts) sender.updateFacts(found)
      facts = text
    } catch (error) {
      log.warn('the facts of this machine can not be read', { reason: error })
    }
  }

  return async (time) => {
    restoreThresholds()
    if (queue.hasTaken(time)) queue.noteTakenTime(time)
    else await sample(time)
    refreshFacts()
    // Not below 0 though the clock was put back meanwhile: the delay has its bounds.
    const lateMs = Math.max(0, clock.nowMs() - time * 1000)
    sender.wake(isFirst ? 0 : Math.max(0, options.sendDelayMs - lateMs))
    isFirst = false
  }
}
