import type { DriveCounters, DriveOperations, PageFile } from '../win32.ts'
import type { RawCounters } from './counters.ts'

const DRIVE_FIGURES = [
  '% Idle Time',
  'Disk Read Bytes/sec',
  'Disk Write Bytes/sec',
  'Avg. Disk sec/Read',
  'Avg. Disk sec/Write',
  'Avg. Disk Queue Length',
] as const

const pathOf = (letter: string, figure: (typeof DRIVE_FIGURES)[number]) =>
  `\\LogicalDisk(${letter}:)\\${figure}`

/** Paths are those of the English Windows, whatever language this one has. */
export function listDrivePaths(letters: readonly string[]): string[] {
  return letters.flatMap((letter) => DRIVE_FIGURES.map((figure) => pathOf(letter, figure)))
}

/**
 * A drive's counters. `% Idle Time` is of type PERF_PRECISION_100NS_TIMER: first the time idle, second the
 * disk's own clock, both in 100 ns. The two of bytes are of type PERF_COUNTER_BULK_COUNT: first the bytes
 * since the start. Those of a request's time are of type PERF_AVERAGE_TIMER: first the ticks that all took, second
 * how many there were. The queue is of type PERF_COUNTER_100NS_QUEUELEN_TYPE: first the time under way in 100 ns,
 * summed over the requests.
 */
export function toDriveCounters(found: RawCounters, letter: string, ticksPerSecond: number): DriveCounters {
  const findFirst = (figure: (typeof DRIVE_FIGURES)[number]) => {
    const counter = found.get(pathOf(letter, figure)) ?? null
    return counter === null ? null : Number(counter.first)
  }
  const idle = found.get(pathOf(letter, '% Idle Time')) ?? null
  return {
    bytesRead: findFirst('Disk Read Bytes/sec'),
    bytesWritten: findFirst('Disk Write Bytes/sec'),
    busyMs: idle === null ? null : Number(idle.second - idle.first) / 10_000,
    ...toOperations(found, letter, ticksPerSecond),
  }
}

function toOperations(
  found: RawCounters,
  letter: string,
  ticksPerSecond: number,
): { readonly operations?: DriveOperations } {
  const [read, written, queue] = (
    ['Avg. Disk sec/Read', 'Avg. Disk sec/Write', 'Avg. Disk Queue Length'] as const
  ).map((figure) => found.get(pathOf(letter, figure)) ?? null)
  if (!read || !written || !queue || !(ticksPerSecond > 0)) return {}
  const toMs = (ticks: bigint) => (Number(ticks) / ticksPerSecond) * 1000
  return {
    operations: {
      read: Number(read.second),
      written: Number(written.second),
      readMs: toMs(read.first),
      writtenMs: toMs(written.first),
      queuedMs: Number(queue.first) / 10_000,
    },
  }
}

export const PAGE_FILE_PATH = '\\Paging File(_Total)\\% Usage'

/**
 * `% Usage` is of type PERF_RAW_FRACTION: first the pages in use, second the pages there are. Null without a
 * paging file.
 */
export function toPageFile(found: RawCounters, pageSize: number): PageFile | null {
  const usage = found.get(PAGE_FILE_PATH) ?? null
  if (usage === null || usage.first < 0n || usage.second <= 0n || usage.first > usage.second) return null
  return { total: Number(usage.second) * pageSize, used: Number(usage.first) * pageSize }
}
