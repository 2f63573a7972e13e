import { TIME_METRICS } from '../../../domain/metrics/declared/kernel.ts'
import type { KernelClock } from '../../../platform/kernel-clock.ts'
import { addSample, roundTo } from '../arithmetic.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'

/** Whether something keeps the clock, and how well. Linux: adjtimex(2), which every such program sets. */
export const time = defineProbe<KernelClock>({
  name: 'time',
  metrics: TIME_METRICS,
  keepSeconds: 10,
  linux: (proc) => proc.readClock(),
  samples({ isSynchronized, offset, maxError }) {
    const samples: ProbeSample[] = []
    addSample(samples, 'perf.time.synchronized.state', isSynchronized ? 1 : 0)
    addSample(samples, 'perf.time.offset.seconds', roundTo(offset, 6))
    // It moves with every look; what matters of it are milliseconds.
    addSample(samples, 'perf.time.error.seconds', roundTo(maxError, 2))
    return samples
  },
})
