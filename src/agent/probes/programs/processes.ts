import { PROCESSES_METRICS } from '../../../domain/metrics/declared/system.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { defineProbe } from '../probe.ts'

export type ProcessesReading = {
  readonly count: number
  /** Links of /proc that are not processes; null where its link count does not include processes. */
  readonly otherLinks: number | null
  /** Cycles since all were listed. */
  readonly age: number
}

/** So often all are listed, which is what the count by links is held to. */
const LIST_EVERY = 10

/**
 * Number of processes. Linux: numbered folders of /proc; /proc/loadavg would count threads. Listing them is
 * the dearest thing in a cycle, so where the links of /proc agree with the list (they are of the whole
 * machine, so not in a container) they are asked instead: see proc_root_getattr() in fs/proc/root.c. Windows:
 * GetPerformanceInfo.
 */
export const processes = defineProbe<ProcessesReading>({
  name: 'processes',
  metrics: PROCESSES_METRICS,
  linux: (proc, _context, previous) => readProcesses(proc, previous),
  windows: (win32) => ({ count: win32.countProcesses(), otherLinks: null, age: 0 }),
  samples: ({ count }) => [{ metric: 'perf.system.processes', value: count }],
})

function readProcesses(proc: ProcFs, previous: ProcessesReading | null): ProcessesReading | null {
  const age = previous === null ? 0 : (previous.age + 1) % LIST_EVERY
  if (previous !== null && age > 0 && previous.otherLinks !== null)
    return { ...previous, count: proc.countLinks('/proc') - previous.otherLinks, age }
  if (age > 0) return withCount(countProcesses(proc.list('/proc')), null, age)
  const folders = proc.listFolders('/proc')
  const links = proc.countLinks('/proc')
  const count = countProcesses(folders)
  return withCount(count, count !== null && links === folders.length + 2 ? links - count : null, age)
}

const withCount = (count: number | null, otherLinks: number | null, age: number) =>
  count === null ? null : { count, otherLinks, age }

/**
 * Null when the first process is not to be seen: /proc is mounted with hidepid then, and the count would be
 * of our own alone.
 */
export function countProcesses(names: readonly string[]): number | null {
  if (!names.includes('1')) return null
  let count = 0
  for (const name of names) if (isProcessId(name)) count++
  return count
}

export function isProcessId(name: string): boolean {
  const first = name.charCodeAt(0)
  return first >= 49 && first <= 57
}
