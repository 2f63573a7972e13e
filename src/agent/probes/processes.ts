import { defineProbe } from './probe.ts'

/** Number of processes. Linux: numbered folders of /proc; /proc/loadavg would count threads. Windows: GetPerformanceInfo. */
export const processes = defineProbe<number>({
  name: 'processes',
  linux: (proc) => countProcesses(proc.list('/proc')),
  windows: (win32) => win32.countProcesses(),
  samples: (count) => [{ metric: 'perf.system.processes', value: count }],
})

/** Null when the first process is not to be seen: /proc is mounted with hidepid then, and the count would be of our own alone. */
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
