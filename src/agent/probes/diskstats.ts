import { parseCount } from './arithmetic.ts'

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

/** /proc/diskstats; lines with fewer than the 14 columns (partitions before 2.6.25) are left out. */
export function parseDiskstats(text: string): DiskCounters[] {
  const disks: DiskCounters[] = []
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/ +/)
    const [major, minor, name] = fields
    const [read, written, busyMs] = [5, 9, 12].map((i) => parseCount(fields[i]))
    if (fields.length < 14 || name === undefined || read == null || written == null || busyMs == null)
      continue
    if (parseCount(major) === null || parseCount(minor) === null) continue
    disks.push({
      name,
      device: `${major}:${minor}`,
      bytesRead: read * SECTOR_BYTES,
      bytesWritten: written * SECTOR_BYTES,
      busyMs,
    })
  }
  return disks
}
