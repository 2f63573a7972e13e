import { DISK_METRICS } from '../../../domain/metrics/declared/disks.ts'
import type { Win32 } from '../../../platform/win32.ts'
import { addSample, findIncrease, percentOfTime, ratePerSecond, roundTo } from '../arithmetic.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { type DiskCounters, type DiskOperations, mergePaths, parseDiskstats } from './diskstats.ts'

export type DiskReading = {
  /** Whole disks by name; on Windows drives. */
  readonly disks: ReadonlyMap<string, DiskCounters>
  /** All names that were seen, and which of them /sys/block has: new names mean looking again. */
  readonly names: string
  readonly blocks: ReadonlySet<string>
}

/** The most that one machine reports: a storage server has hundreds of paths to its disks. */
const MAX_DISKS = 64

/**
 * Bytes read and written a second and busy time of whole disks. Linux: /proc/diskstats. Windows: the counters
 * LogicalDisk.
 */
export const disk = defineProbe<DiskReading>({
  name: 'disk',
  metrics: DISK_METRICS,
  linux(proc, { noteOnce }, previous) {
    const all = mergePaths(parseDiskstats(proc.readText('/proc/diskstats')))
    const names = all.map(({ name }) => name).join(' ')
    const blocks = previous?.names === names ? previous.blocks : new Set(proc.list('/sys/block'))
    const disks = findDisks(all, blocks)
    const omitted = disks.size - MAX_DISKS
    if (omitted > 0) noteOnce?.('disks are left out because there are too many', { count: omitted })
    return { disks, names, blocks }
  },
  windows(win32) {
    const disks = new Map(readDrives(win32).map((counters) => [counters.name, counters]))
    return { disks, names: '', blocks: new Set() }
  },
  samples(now, previous, seconds) {
    const samples: { metric: string; value: number }[] = []
    if (now.disks.size > MAX_DISKS) addSample(samples, 'perf.disk.omitted', now.disks.size - MAX_DISKS)
    for (const [name, counters] of [...now.disks].slice(0, MAX_DISKS)) {
      const before = previous?.disks.get(name)
      // A name that another device took over counts from elsewhere.
      if (before === undefined || before.device !== counters.device) continue
      const part = `perf.disk.${toMetricPart(name)}`
      addSample(samples, `${part}.bytes.read`, ratePerSecond(counters.bytesRead, before.bytesRead, seconds))
      addSample(
        samples,
        `${part}.bytes.written`,
        ratePerSecond(counters.bytesWritten, before.bytesWritten, seconds),
      )
      addSample(samples, `${part}.percent.active`, shareActive(counters, before, seconds))
      if (counters.operations && before.operations)
        addOperations(samples, part, { now: counters.operations, before: before.operations, seconds })
    }
    return samples
  },
})

function addOperations(
  samples: ProbeSample[],
  part: string,
  {
    now,
    before,
    seconds,
  }: { readonly now: DiskOperations; readonly before: DiskOperations; readonly seconds: number },
) {
  for (const way of ['read', 'written'] as const) {
    const done = findIncrease(now[way], before[way])
    const tookMs = findIncrease(now[`${way}Ms`], before[`${way}Ms`])
    addSample(samples, `${part}.operations.${way}`, ratePerSecond(now[way], before[way], seconds, 1))
    if (done !== null && done > 0 && tookMs !== null)
      addSample(samples, `${part}.latency.${way}`, roundTo(tookMs / done, 2))
  }
  const queuedMs = findIncrease(now.queuedMs, before.queuedMs)
  if (queuedMs !== null && seconds > 0)
    addSample(samples, `${part}.queue.length`, roundTo(queuedMs / 1000 / seconds, 2))
}

/** The drives with a letter and the performance counters of each. */
export function readDrives(win32: Win32): DiskCounters[] {
  const letters = win32.listDrives().map(({ letter }) => letter)
  const found = win32.readDriveCounters(letters)
  return letters.flatMap((letter) => {
    const counters = found.get(letter)
    return counters === undefined ? [] : [{ name: nameDrive(letter), device: letter, ...counters }]
  })
}

/** As the original has it: `c`. */
export const nameDrive = (letter: string) => letter.toLowerCase()

/** Percent of the interval in which the device had something to do. */
export function shareActive(now: DiskCounters, before: DiskCounters, seconds: number): number | null {
  const busyMs = findIncrease(now.busyMs, before.busyMs)
  return percentOfTime(busyMs === null ? null : busyMs / 1000, seconds)
}

/**
 * Memory, files, removable media and devices stacked on others, whose work the lower device counts already.
 */
const NOT_A_DISK = /^(loop|ram|zram|fd|sr|scd|dm-|md|bcache|drbd|zd|nullb)\d/

/**
 * `blocks` are the names in /sys/block, which has no partitions; where it is not to be seen, names decide.
 */
export function findDisks(
  all: readonly DiskCounters[],
  blocks: ReadonlySet<string>,
): Map<string, DiskCounters> {
  const names = new Set(all.map(({ name }) => name))
  const found = new Map<string, DiskCounters>()
  for (const counters of all) {
    const { name } = counters
    if (NOT_A_DISK.test(name)) continue
    // In /sys a slash of the name (`cciss/c0d0`) becomes an exclamation mark.
    const isWhole = blocks.size > 0 ? blocks.has(name.replaceAll('/', '!')) : !isPartition(name, names)
    const isUsed = counters.bytesRead !== 0 || counters.bytesWritten !== 0
    if (isWhole && isUsed) found.set(name, counters)
  }
  return found
}

/** `sda1` beside `sda`, `nvme0n1p1` beside `nvme0n1`. */
function isPartition(name: string, names: ReadonlySet<string>): boolean {
  const parent = /^(.*\d)p\d+$/.exec(name)?.[1] ?? /^(.*\D)\d+$/.exec(name)?.[1]
  return parent !== undefined && names.has(parent)
}
