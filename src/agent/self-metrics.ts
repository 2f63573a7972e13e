import type { MetricFamily } from '../domain/metrics/metric-family.ts'
import type { ProbeSample } from './probes/probe.ts'
import type { QueueFigures } from './queue/queue.ts'

export type SelfMetrics = {
  /** What the agent itself takes and does, as samples. `queue` is null when there is none. */
  read(probeFailures: number, queue: QueueFigures | null): ProbeSample[]
  /** So many samples were measured and could not be kept: see `perf.agent.clock.unstored`. */
  noteUnstored(samples: number): void
}

/** All that `read` may yield, for the guide. */
export const SELF_METRICS: readonly MetricFamily[] = [
  { name: 'perf.agent.queue.length', doc: 'Samples that wait to be sent.' },
  {
    name: 'perf.agent.queue.dropped',
    doc: 'Samples that were dropped because the queue was full or they were too old.',
  },
  { name: 'perf.agent.queue.refused', doc: 'Samples that the server refused.' },
  {
    name: 'perf.agent.queue.damaged',
    doc: "Samples that were lost because the agent's queue was damaged on disk.",
  },
  {
    name: 'perf.agent.clock.unstored',
    isRare: true,
    doc: 'Samples since the start of the agent that were not kept because the clock had been set back to a time that has its samples.',
  },
  { name: 'perf.agent.probe.failures', doc: 'Probes that failed in this round.' },
  {
    name: 'perf.agent.probe.stuck',
    // The machine source adds it, which knows the probes.
    isRare: true,
    doc: 'Probes, files and mounts that were asked and have not answered in time; the others go on.',
  },
  { name: 'perf.agent.processor.seconds', doc: 'Processor time that the agent took since the round before.' },
  { name: 'perf.agent.memory.bytes', doc: 'Memory that the agent takes.' },
]

/**
 * Processor time and memory are those of the process: where the agent runs inside the server, the server's
 * are in it. Dropped and refused are totals: so they are still told by a later frame when those that told
 * them first were dropped themselves.
 */
export function watchSelfMetrics(): SelfMetrics {
  let used = process.cpuUsage()
  let unstored = 0
  return {
    noteUnstored(count) {
      unstored += count
    },
    read(probeFailures, queue) {
      const before = used
      used = process.cpuUsage()
      const samples = [
        { metric: 'perf.agent.probe.failures', value: probeFailures },
        {
          metric: 'perf.agent.processor.seconds',
          value: (used.user + used.system - before.user - before.system) / 1e6,
        },
        { metric: 'perf.agent.memory.bytes', value: process.memoryUsage.rss() },
      ]
      if (unstored > 0) samples.push({ metric: 'perf.agent.clock.unstored', value: unstored })
      if (queue !== null)
        samples.push(
          { metric: 'perf.agent.queue.length', value: queue.length },
          { metric: 'perf.agent.queue.dropped', value: queue.dropped },
          { metric: 'perf.agent.queue.refused', value: queue.refused },
          { metric: 'perf.agent.queue.damaged', value: queue.damaged },
        )
      return samples
    },
  }
}
