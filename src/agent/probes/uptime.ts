import { defineProbe } from './probe.ts'

/** Seconds since the machine started. Linux: /proc/uptime. */
export const uptime = defineProbe<number>({
  name: 'uptime',
  linux: (proc) => parseUptime(proc.readText('/proc/uptime')),
  samples: (seconds) => [{ metric: 'perf.system.uptime.seconds', value: Math.floor(seconds) }],
})

export function parseUptime(text: string): number {
  const found = /^(\d{1,12})(\.\d+)? /.exec(text)
  if (found === null) throw new Error('/proc/uptime does not begin with a number of seconds')
  return Number(found[1])
}
