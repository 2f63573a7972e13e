import { PRESSURE_METRICS } from '../../../domain/metrics/declared/system.ts'
import { describeError } from '../../../lib/log.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, findIncrease, parseCount, percentOfTime } from '../arithmetic.ts'
import { defineProbe } from '../probe.ts'
import { findLine } from '../text-lines.ts'

/** Microseconds of stall since the start by `cpu.some`, `memory.full` and so on. */
export type PressureReading = ReadonlyMap<string, number>

/** Full pressure of the processor means nothing for a whole machine, the kernel writes zero there. */
const KINDS = [
  ['cpu', ['some']],
  ['memory', ['some', 'full']],
  ['io', ['some', 'full']],
] as const

/**
 * Share of the interval in which some, or all, busy tasks waited for a resource. Linux: the totals in
 * /proc/pressure, since 4.20 and only where it is switched on.
 */
export const pressure = defineProbe<PressureReading>({
  name: 'pressure',
  metrics: PRESSURE_METRICS,
  linux(proc) {
    const reading = new Map<string, number>()
    for (const [resource, kinds] of KINDS) {
      const totals = parsePressure(readPressure(proc, resource))
      for (const kind of kinds) {
        const total = totals.get(kind)
        if (total !== undefined) reading.set(`${resource}.${kind}`, total)
      }
    }
    return reading.size === 0 ? null : reading
  },
  samples(now, previous, seconds) {
    const samples: { metric: string; value: number }[] = []
    for (const [name, total] of now) {
      const stalled = findIncrease(total, previous?.get(name))
      const share = percentOfTime(stalled === null ? null : stalled / 1e6, seconds, 2)
      addSample(samples, `perf.pressure.${name}.percent`, share)
    }
    return samples
  },
})

/** With `psi=0` the files are there but answer EOPNOTSUPP. */
function readPressure(proc: ProcFs, resource: string): string {
  try {
    return proc.readTextIfThere(`/proc/pressure/${resource}`) ?? ''
  } catch (error) {
    if (/EOPNOTSUPP|ENOTSUP|not supported/i.test(describeError(error))) return ''
    throw error
  }
}

/** `total=` by the word that begins the line. */
export function parsePressure(text: string): Map<string, number> {
  const totals = new Map<string, number>()
  for (const kind of ['some', 'full']) {
    const line = findLine(text, `${kind} `)
    const total = parseCount(line?.slice(line.lastIndexOf(' total=') + ' total='.length))
    if (total !== null) totals.set(kind, total)
  }
  return totals
}
