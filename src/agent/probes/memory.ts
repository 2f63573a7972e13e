import { addSample, percentOf } from './arithmetic.ts'
import { parseMeminfo } from './meminfo.ts'
import { defineProbe } from './probe.ts'

/** Bytes. */
export type MemoryReading = {
  readonly total: number
  readonly available: number
  /** What the kernel keeps because nobody needs the room; null where that is not told. */
  readonly cached: number | null
}

/** Physical memory; used is what is not available to a new program. Linux: /proc/meminfo. */
export const memory = defineProbe<MemoryReading>({
  name: 'memory',
  linux: (proc) => readMemory(proc.readText('/proc/meminfo')),
  samples({ total, available, cached }) {
    const samples: { metric: string; value: number }[] = []
    addSample(samples, 'perf.memory.percent.used', percentOf(total - available, total))
    addSample(samples, 'perf.memory.bytes.total', total)
    addSample(samples, 'perf.memory.bytes.used', total - available)
    addSample(samples, 'perf.memory.bytes.available', available)
    addSample(samples, 'perf.memory.bytes.cached', cached)
    return samples
  },
})

/** Throws when the two figures that everything rests on are missing. */
export function readMemory(text: string): MemoryReading {
  const found = parseMeminfo(text)
  const total = found.get('MemTotal')
  const free = found.get('MemFree')
  if (total === undefined || total === 0 || free === undefined)
    throw new Error('/proc/meminfo does not tell total and free memory')
  const pages = (found.get('Buffers') ?? 0) + (found.get('Cached') ?? 0)
  const reclaimable = found.get('SReclaimable') ?? 0
  // Kernels before 3.14 don't say what is available; shared memory counts as cached there but can't be given away.
  const estimate = free + pages + reclaimable - (found.get('Shmem') ?? 0)
  const available = found.get('MemAvailable') ?? Math.max(estimate, free)
  return {
    total,
    available: Math.min(available, total),
    cached: found.has('Cached') ? pages + reclaimable : null,
  }
}
