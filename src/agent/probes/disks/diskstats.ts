/** One block device's counters since the start; null where the system does not offer one. */
export type DiskCounters = {
  readonly name: string
  /** `major:minor`, as mountinfo writes it; on Windows the drive. */
  readonly device: string
  readonly bytesRead: number | null
  readonly bytesWritten: number | null
  /** Milliseconds in which at least one request was under way. */
  readonly busyMs: number | null
}

/** The unit of the kernel's block counters, whatever the disk's own sector size. */
const SECTOR_BYTES = 512

/**
 * One line: numbers of the device, name, and of the eleven columns or more sectors read, sectors written and
 * time busy.
 */
const LINE =
  /^[ \t]*(\d{1,20}) +(\d{1,20}) +(\S+) +\S+ +\S+ +(\d{1,20}) +\S+ +\S+ +\S+ +(\d{1,20}) +\S+ +\S+ +(\d{1,20}) +\S/gm

/** /proc/diskstats; lines with fewer than the 14 columns (partitions before 2.6.25) are left out. */
export function parseDiskstats(text: string): DiskCounters[] {
  const disks: DiskCounters[] = []
  for (const [, major, minor, name = '', read, written, busyMs] of text.matchAll(LINE))
    disks.push({
      name,
      device: `${major}:${minor}`,
      bytesRead: Number(read) * SECTOR_BYTES,
      bytesWritten: Number(written) * SECTOR_BYTES,
      busyMs: Number(busyMs),
    })
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
  }
}
