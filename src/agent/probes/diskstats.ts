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

/** One line: numbers of the device, name, and of the eleven columns or more sectors read, sectors written and time busy. */
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
