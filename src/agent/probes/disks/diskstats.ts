/** One block device's counters since the start; null where the system does not offer one. */
export type DiskCounters = {
  readonly name: string
  /** `major:minor`, as mountinfo writes it; on Windows the drive. */
  readonly device: string
  readonly bytesRead: number | null
  readonly bytesWritten: number | null
  /** Milliseconds in which at least one request was under way. */
  readonly busyMs: number | null
  /** Requests that were completed, and the milliseconds that they took together. */
  readonly operations?: DiskOperations
}

export type DiskOperations = {
  readonly read: number
  readonly written: number
  readonly readMs: number
  readonly writtenMs: number
  /** Milliseconds under way, summed over the requests that were. */
  readonly queuedMs: number
}

/** The unit of the kernel's block counters, whatever the disk's own sector size. */
const SECTOR_BYTES = 512

/**
 * One line: numbers of the device, name, reads, (merged), sectors read, milliseconds, the same of writes, (under
 * way), time busy, time queued.
 */
const NUMBER = String.raw`(\d{1,20})`
const SKIPPED = String.raw`\S+`
const LINE = new RegExp(
  [
    String.raw`^[ \t]*${NUMBER} +${NUMBER} +(\S+)`,
    `${NUMBER} +${SKIPPED} +${NUMBER} +${NUMBER}`,
    `${NUMBER} +${SKIPPED} +${NUMBER} +${NUMBER}`,
    String.raw`${SKIPPED} +${NUMBER} +${NUMBER}(?=\s|$)`,
  ].join(' +'),
  'gm',
)

/** /proc/diskstats; lines with fewer than the 14 columns (partitions before 2.6.25) are left out. */
export function parseDiskstats(text: string): DiskCounters[] {
  const disks: DiskCounters[] = []
  for (const [, major, minor, name = '', ...columns] of text.matchAll(LINE)) {
    const [read = 0, sectorsRead = 0, readMs = 0, written = 0, sectorsWritten = 0, writtenMs = 0, ...rest] =
      columns.map(Number)
    const [busyMs = 0, queuedMs = 0] = rest
    disks.push({
      name,
      device: `${major}:${minor}`,
      bytesRead: sectorsRead * SECTOR_BYTES,
      bytesWritten: sectorsWritten * SECTOR_BYTES,
      busyMs,
      operations: { read, written, readMs, writtenMs, queuedMs },
    })
  }
  return disks
}

/** A path to a namespace of NVMe multipath: `nvme0c1n1` leads to `nvme0n1`. */
const PATH = /^(nvme\d+)c\d+(n\d+)$/

/**
 * Leaves out the paths of NVMe multipath, whose work is the namespace's. Kernels that do not count at the
 * namespace, or count everything there but the busy time, get the paths' figures in their place.
 */
export function mergePaths(disks: readonly DiskCounters[]): DiskCounters[] {
  const paths = new Map<string, DiskCounters[]>()
  for (const disk of disks) {
    const [, controller, namespace] = PATH.exec(disk.name) ?? []
    if (controller === undefined || namespace === undefined) continue
    const name = controller + namespace
    paths.set(name, [...(paths.get(name) ?? []), disk])
  }
  if (paths.size === 0) return [...disks]
  const names = new Set(disks.map(({ name }) => name))
  return disks.flatMap((disk) => {
    const [, controller = '', namespace = ''] = PATH.exec(disk.name) ?? []
    if (names.has(controller + namespace)) return []
    const own = paths.get(disk.name)
    return [own === undefined ? disk : withPaths(disk, own)]
  })
}

function withPaths(head: DiskCounters, paths: readonly DiskCounters[]): DiskCounters {
  const isCounted = head.bytesRead !== 0 || head.bytesWritten !== 0
  const sum = (key: 'bytesRead' | 'bytesWritten') =>
    paths.reduce((total, path) => total + (path[key] ?? 0), 0)
  return {
    ...head,
    bytesRead: isCounted ? head.bytesRead : sum('bytesRead'),
    bytesWritten: isCounted ? head.bytesWritten : sum('bytesWritten'),
    busyMs: head.busyMs || Math.max(...paths.map(({ busyMs }) => busyMs ?? 0)),
    operations: isCounted && head.operations ? head.operations : sumOperations(paths),
  }
}

function sumOperations(paths: readonly DiskCounters[]): DiskOperations {
  const sum = (key: keyof DiskOperations) =>
    paths.reduce((total, { operations }) => total + (operations?.[key] ?? 0), 0)
  return {
    read: sum('read'),
    written: sum('written'),
    readMs: sum('readMs'),
    writtenMs: sum('writtenMs'),
    queuedMs: sum('queuedMs'),
  }
}
