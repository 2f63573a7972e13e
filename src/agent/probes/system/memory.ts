import { MEMORY_METRICS } from '../../../domain/metrics/declared/memory.ts'
import { type ProcFs, readTextOrNothing } from '../../../platform/proc.ts'
import type { WindowsMemory } from '../../../platform/win32.ts'
import { addSample, parseCount, percentOf } from '../arithmetic.ts'
import { defineProbe } from '../probe.ts'
import { findLine } from '../text-lines.ts'
import { type MemoryLimit, readMemoryLimit } from './container-limits.ts'
import { findAmount } from './meminfo.ts'

/** Bytes. */
export type MemoryReading = {
  readonly total: number
  readonly available: number
  /** Caches that the kernel can give back; null where they are not reported. */
  readonly cached: number | null
  /** Committed memory, and its limit. Linux commits without a limit, so it is reported for Windows alone. */
  readonly committed?: number
  readonly commitLimit?: number
  /** Of the container that we are in. */
  readonly container?: MemoryLimit | null
}

/**
 * Physical memory; used is all memory that is not available to a new program. Linux: /proc/meminfo. Windows:
 * GlobalMemoryStatusEx and GetPerformanceInfo.
 */
export const memory = defineProbe<MemoryReading>({
  name: 'memory',
  metrics: MEMORY_METRICS,
  linux: (proc) => ({
    ...readMemory(proc.readText('/proc/meminfo'), readReclaimableArc(proc)),
    container: readMemoryLimit(proc),
  }),
  windows: (win32) => readWindowsMemory(win32.readMemory()),
  samples(reading) {
    const { cached, committed, commitLimit, container } = reading
    const samples: { metric: string; value: number }[] = []
    // A container without a limit below the machine's memory gets the machine's figures, as before.
    const isLimited = container != null && container.limit < reading.total
    if (isLimited) {
      const used = reading.total - reading.available
      addSample(samples, 'perf.memory.host.percent.used', percentOf(used, reading.total))
    }
    const total = isLimited ? container.limit : reading.total
    const available = isLimited ? container.limit - container.used : reading.available
    addSample(samples, 'perf.memory.percent.used', percentOf(total - available, total))
    addSample(samples, 'perf.memory.bytes.total', total)
    addSample(samples, 'perf.memory.bytes.used', total - available)
    addSample(samples, 'perf.memory.bytes.available', available)
    addSample(samples, 'perf.memory.bytes.cached', isLimited ? container.cached : cached)
    if (committed !== undefined && commitLimit !== undefined) {
      addSample(samples, 'perf.memory.bytes.committed', committed)
      addSample(samples, 'perf.memory.bytes.commit.limit', commitLimit)
      addSample(samples, 'perf.memory.percent.committed', percentOf(committed, commitLimit))
    }
    return samples
  },
})

/** Figures that are 0 are those that this Windows does not report. Throws when the whole memory is one of them. */
function readWindowsMemory({
  total,
  available,
  cached,
  committed,
  commitLimit,
}: WindowsMemory): MemoryReading {
  if (total === 0) throw new Error('Windows reports no memory')
  const known = { total, available, cached: cached === 0 ? null : cached }
  return commitLimit === 0 ? known : { ...known, committed, commitLimit }
}

const ARC = '/proc/spl/kstat/zfs/arcstats'

/**
 * Bytes that the cache of ZFS would give back: what it holds above its minimum. The kernel counts all of it
 * as used.
 */
function readReclaimableArc(proc: ProcFs): number {
  if (!proc.has(ARC)) return 0
  // LXCFS shows a container's own memory, but the host's cache.
  if (proc.readText('/proc/self/mountinfo').includes(' /proc/meminfo ')) return 0
  const text = readTextOrNothing(proc, ARC)
  const size = /^size +\d+ +(\d{1,15})$/m.exec(text)?.[1]
  const minimum = /^c_min +\d+ +(\d{1,15})$/m.exec(text)?.[1]
  return size === undefined || minimum === undefined ? 0 : Math.max(0, Number(size) - Number(minimum))
}

/**
 * Bytes of huge pages that are neither used nor reserved; the kernel sets them aside, and `free` of procps
 * leaves them out.
 */
function findFreeHugePages(text: string): number {
  const count = (name: string) => parseCount(findLine(text, `HugePages_${name}:`)?.trim()) ?? 0
  return Math.max(0, count('Free') - count('Rsvd')) * (findAmount(text, 'Hugepagesize') ?? 0)
}

/** Throws when the two figures that everything rests on are missing. */
export function readMemory(text: string, arc = 0): MemoryReading {
  const total = findAmount(text, 'MemTotal')
  const free = findAmount(text, 'MemFree')
  if (total === null || total === 0 || free === null)
    throw new Error('/proc/meminfo does not tell total and free memory')
  const pages = findAmount(text, 'Cached')
  const cached = (pages ?? 0) + (findAmount(text, 'Buffers') ?? 0) + (findAmount(text, 'SReclaimable') ?? 0)
  const available = findAmount(text, 'MemAvailable') ?? estimateAvailable(text, free, cached)
  return {
    total,
    available: Math.min(available + arc + findFreeHugePages(text), total),
    cached: pages === null ? null : cached,
  }
}

/**
 * Kernels before 3.14 don't report available memory. Shared memory counts as cached there, but can't be given
 * back.
 */
function estimateAvailable(text: string, free: number, cached: number): number {
  return Math.max(free, free + cached - (findAmount(text, 'Shmem') ?? 0))
}
