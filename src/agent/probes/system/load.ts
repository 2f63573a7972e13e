import { LOAD_METRICS } from '../../../domain/metrics/declared/system.ts'
import { defineProbe } from '../probe.ts'

/** Averages over 1, 5 and 15 minutes of how many threads run or wait for a processor or a disk. */
export type LoadReading = readonly [number, number, number]

/** Linux: /proc/loadavg. */
export const load = defineProbe<LoadReading>({
  name: 'load',
  metrics: LOAD_METRICS,
  // The kernel reckons them anew each five seconds.
  keepSeconds: 5,
  linux: (proc) => parseLoad(proc.readText('/proc/loadavg')),
  samples: ([one, five, fifteen]) => [
    { metric: 'perf.system.load.1', value: one },
    { metric: 'perf.system.load.5', value: five },
    { metric: 'perf.system.load.15', value: fifteen },
  ],
})

export function parseLoad(text: string): LoadReading {
  const found = /^(\d{1,9}\.\d\d) (\d{1,9}\.\d\d) (\d{1,9}\.\d\d) /.exec(text)
  if (found === null) throw new Error('/proc/loadavg does not begin with three averages')
  return [Number(found[1]), Number(found[2]), Number(found[3])]
}
