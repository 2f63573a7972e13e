import { UPTIME_METRICS } from '../../../domain/metrics/declared/system.ts'
import { defineProbe } from '../probe.ts'

/** Seconds since the machine started. Linux: /proc/uptime. Windows: GetTickCount64. */
export const uptime = defineProbe<number>({
  name: 'uptime',
  metrics: UPTIME_METRICS,
  linux: (proc) => parseUptime(proc.readText('/proc/uptime')),
  windows: (win32) => win32.readUptimeMs() / 1000,
  samples: (seconds) => [{ metric: 'perf.system.uptime.seconds', value: Math.floor(seconds) }],
})

export function parseUptime(text: string): number {
  const found = /^(\d{1,12})(\.\d+)? /.exec(text)
  if (found === null) throw new Error('/proc/uptime does not begin with a number of seconds')
  return Number(found[1])
}
