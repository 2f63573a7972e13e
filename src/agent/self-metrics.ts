import type { Clock } from '../lib/clock.ts'
import type { ProbeSample } from './probes/probe.ts'
import type { QueueFigures } from './queue/queue.ts'

/** 1 while packets of the usual size are lost on the way to the server; absent where they never were. */
export const PATH_METRIC = 'perf.agent.path.narrow'

export type SendingFigures = {
  readonly queue: QueueFigures
  /** Large packets are lost on the way to the server. */
  readonly isPathNarrow: boolean
}

export type SelfMetrics = {
  /**
   * The agent's own use of resources and its counters, as samples. `sending` is null when nothing is sent; of
   * `unsettled` metrics no value is given again.
   */
  read(probeFailures: number, sending: SendingFigures | null, unsettled?: ReadonlySet<string>): ProbeSample[]
  /** So many metrics had no room in the frame before. */
  noteOmitted(metrics: number): void
  /** So many samples were measured and could not be kept: see `perf.agent.clock.unstored`. */
  noteUnstored(samples: number): void
}

/**
 * Processor time and memory are those of the process: where the agent runs inside the server, they include
 * the server's. Dropped and refused are totals: so a later frame still reports them when the frames before
 * were dropped themselves.
 */
export function watchSelfMetrics(clock: Clock): SelfMetrics {
  const readMemory = readSeldom(() => process.memoryUsage.rss(), clock)
  let used = process.cpuUsage()
  let unstored = 0
  let omitted = 0
  let wasNarrow = false
  return {
    noteOmitted(count) {
      omitted = count
    },
    noteUnstored(count) {
      unstored += count
    },
    read(probeFailures, sending, unsettled) {
      const before = used
      used = process.cpuUsage()
      const samples = [
        { metric: 'perf.agent.probe.failures', value: probeFailures },
        {
          metric: 'perf.agent.processor.seconds',
          value: (used.user + used.system - before.user - before.system) / 1e6,
        },
        { metric: MEMORY_METRIC, value: readMemory(unsettled?.has(MEMORY_METRIC) === true) },
      ]
      if (omitted > 0) samples.push({ metric: 'perf.agent.metrics.omitted', value: omitted })
      if (unstored > 0) samples.push({ metric: 'perf.agent.clock.unstored', value: unstored })
      if (sending === null) return samples
      const { queue, isPathNarrow } = sending
      samples.push(
        { metric: 'perf.agent.queue.length', value: queue.length },
        { metric: 'perf.agent.queue.dropped', value: queue.dropped },
        { metric: 'perf.agent.queue.refused', value: queue.refused },
        { metric: 'perf.agent.queue.damaged', value: queue.damaged },
      )
      if (queue.aged > 0) samples.push({ metric: 'perf.agent.queue.dropped.age', value: queue.aged })
      if (isPathNarrow || wasNarrow) samples.push({ metric: PATH_METRIC, value: isPathNarrow ? 1 : 0 })
      wasNarrow ||= isPathNarrow
      return samples
    },
  }
}

const MEMORY_METRIC = 'perf.agent.memory.bytes'

/** As probes of what changes slowly: see `keepSeconds`. */
const KEEP_MS = 9500

/** What it returns reads by itself where it is told to, or after a while. */
function readSeldom(read: () => number, clock: Clock): (isToRead: boolean) => number {
  let value = 0
  let untilMs = Number.NEGATIVE_INFINITY
  return (isToRead) => {
    const nowMs = clock.monotonicMs()
    if (isToRead || nowMs >= untilMs) {
      value = read()
      untilMs = nowMs + KEEP_MS
    }
    return value
  }
}
