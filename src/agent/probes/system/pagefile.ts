import { PAGEFILE_METRICS } from '../../../domain/metrics/declared/memory.ts'
import { addSample, percentOf } from '../arithmetic.ts'
import { defineProbe } from '../probe.ts'
import { findAmount } from './meminfo.ts'

/** Bytes. */
export type PagefileReading = { readonly total: number; readonly used: number }

/** Swap space; a machine without has no figures. Linux: /proc/meminfo. Windows: the counter Paging File. */
export const pagefile = defineProbe<PagefileReading>({
  name: 'pagefile',
  metrics: PAGEFILE_METRICS,
  linux: (proc) => readPagefile(proc.readText('/proc/meminfo')),
  windows: (win32) => win32.readPageFile(),
  samples({ total, used }) {
    const samples: { metric: string; value: number }[] = []
    addSample(samples, 'perf.pagefile.percent.used', percentOf(used, total))
    addSample(samples, 'perf.pagefile.bytes.used', used)
    addSample(samples, 'perf.pagefile.bytes.total', total)
    return samples
  },
})

/** Null without swap, and where the two figures contradict each other (seen in containers). */
export function readPagefile(text: string): PagefileReading | null {
  const total = findAmount(text, 'SwapTotal')
  const free = findAmount(text, 'SwapFree')
  if (total === null || total === 0 || free === null || free > total) return null
  return { total, used: total - free }
}
