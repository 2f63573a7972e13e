import { PROCESSOR_METRICS } from '../../../domain/metrics/declared/processor.ts'
import { addSample, findIncrease, findIncreases, parseCount, percentOf } from '../arithmetic.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { type ProcessorLimit, readProcessorLimit } from './container-limits.ts'

/** Time of all processors since the start, in ticks of the system's own. */
export type ProcessorReading = {
  readonly user: number
  readonly system: number
  readonly idle: number
  /** Null where the system does not count it apart. */
  readonly iowait: number | null
  readonly steal: number | null
  /** Of the container that we are in. */
  readonly container?: ProcessorLimit | null
}

/**
 * Processor time by state, averaged over the interval. Linux: first line of /proc/stat. Windows:
 * GetSystemTimes.
 */
export const processor = defineProbe<ProcessorReading>({
  name: 'processor',
  metrics: PROCESSOR_METRICS,
  linux(proc) {
    const text = proc.readText('/proc/stat')
    return { ...parseStat(text), container: readProcessorLimit(proc, text) }
  },
  windows(win32) {
    const { idle, kernel, user } = win32.readSystemTimes()
    // The idle time is that of a thread of the kernel, and counted there as well.
    return { user, system: kernel - idle, idle, iowait: null, steal: null }
  },
  samples(now, previous, seconds) {
    if (previous === null) return []
    const increases = findIncreases(listTimes(now), listTimes(previous))
    if (increases === null) return []
    const [user = 0, system = 0, steal = 0, rest = 0] = increases
    const total = user + system + steal + rest
    const waited = Math.min(rest, Math.max(0, (now.iowait ?? 0) - (previous.iowait ?? 0)))
    const samples: ProbeSample[] = []
    const used = percentOf(total - rest, total)
    if (now.container != null) {
      addSample(samples, 'perf.processor.host.percent.used', used)
      addContainer(samples, now.container, previous.container ?? null, seconds)
    } else {
      addSample(samples, 'perf.processor.percent.used', used)
      addSample(samples, 'perf.processor.percent.user', percentOf(user, total))
      addSample(samples, 'perf.processor.percent.system', percentOf(system, total))
    }
    if (now.iowait !== null) addSample(samples, 'perf.processor.percent.iowait', percentOf(waited, total))
    if (now.steal !== null) addSample(samples, 'perf.processor.percent.steal', percentOf(steal, total))
    return samples
  },
})

/** Percent of what the container may use; it may use a little more for a moment. */
function addContainer(
  samples: ProbeSample[],
  now: ProcessorLimit,
  before: ProcessorLimit | null,
  seconds: number,
) {
  for (const name of ['used', 'user', 'system'] as const) {
    const gained = findIncrease(now[name], before?.[name])
    if (gained === null || !(seconds > 0)) continue
    const most = seconds * now.processors
    addSample(samples, `perf.processor.percent.${name}`, percentOf(Math.min(gained / 1e6, most), most))
  }
}

/** The kernel moves waiting time between idle and iowait afterwards, so the two are taken as one. */
const listTimes = ({ user, system, steal, idle, iowait }: ProcessorReading) => [
  user,
  system,
  steal ?? 0,
  idle + (iowait ?? 0),
]

/**
 * Throws when the line is not there. Time of guests is part of user time already and is not counted again.
 */
export function parseStat(text: string): ProcessorReading {
  const end = text.indexOf('\n')
  const fields = (end < 0 ? text : text.slice(0, end)).split(/ +/)
  const counts = fields.slice(1).map(parseCount)
  const [user, nice, system, idle] = counts
  if (fields[0] !== 'cpu' || user == null || nice == null || system == null || idle == null)
    throw new Error('/proc/stat does not begin with the times of all processors')
  // Kernels before 2.6 have the four above alone, before 2.6.11 no steal.
  const [iowait, irq, softirq, steal] = [4, 5, 6, 7].map((i) => counts[i] ?? 0)
  return {
    user: user + nice,
    system: system + (irq ?? 0) + (softirq ?? 0),
    idle,
    iowait: iowait ?? 0,
    steal: steal ?? 0,
  }
}
