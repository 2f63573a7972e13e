import type { ProcFs } from '../../../platform/proc.ts'
import { parseCount } from '../arithmetic.ts'

/**
 * The visible root of the control groups. That of a machine has no limits and no files for them: where these
 * files exist, this is the root of a container. The limit of the agent's own unit is in a folder below, and
 * is never read.
 */
const ROOT = '/sys/fs/cgroup'

/** Bytes. */
export type MemoryLimit = {
  readonly limit: number
  readonly used: number
  /** Contents of files that its programs have read or written; null where that is not counted. */
  readonly cached: number | null
}

/** Null outside of a container, and in one without a limit. */
export function readMemoryLimit(proc: ProcFs): MemoryLimit | null {
  const names = MEMORY_FILES.find(({ limit }) => proc.has(`${ROOT}/${limit}`))
  if (names === undefined) return null
  const read = (name: string) => proc.readTextIfThere(`${ROOT}/${name}`) ?? ''
  const limit = parseCount(read(names.limit).trim())
  if (limit === null || limit === 0 || limit >= NO_LIMIT) return null
  const current = parseCount(read(names.used).trim())
  if (current === null) return null
  // The kernel gives back unused file contents before the limit is reached.
  const stat = read(names.stat)
  const droppable = parseCount(names.droppable.exec(stat)?.[1]) ?? 0
  const used = Math.min(limit, Math.max(0, current - droppable))
  return { limit, used, cached: parseCount(names.cached.exec(stat)?.[1]) }
}

/** Of the second version of control groups, and of the first. */
const MEMORY_FILES = [
  {
    limit: 'memory.max',
    used: 'memory.current',
    stat: 'memory.stat',
    droppable: /^inactive_file (\d+)$/m,
    cached: /^file (\d+)$/m,
  },
  {
    limit: 'memory/memory.limit_in_bytes',
    used: 'memory/memory.usage_in_bytes',
    stat: 'memory/memory.stat',
    droppable: /^total_inactive_file (\d+)$/m,
    cached: /^total_cache (\d+)$/m,
  },
] as const

/** Without a limit, the first version of cgroups reports the largest number of pages, in bytes. */
const NO_LIMIT = 2 ** 62

/** Microseconds since the container's start. */
export type ProcessorLimit = {
  /** How many processors it may use at a time; 0.5 is half of one. */
  readonly processors: number
  readonly used: number
  readonly user: number
  readonly system: number
}

/**
 * Null outside of a container, and in one that may use all of the machine's processors. `stat` is /proc/stat, which has a
 * line for each of these.
 */
export function readProcessorLimit(proc: ProcFs, stat: string): ProcessorLimit | null {
  if (proc.has(`${ROOT}/cpu.max`)) return readProcessorLimit2(proc, stat)
  return proc.has(`${ROOT}/cpu/cpu.cfs_quota_us`) ? readProcessorLimit1(proc, stat) : null
}

/** The smaller of two limits, a share of time and a set of processors; null where neither is below what there is. */
function findLimit(quota: number, set: string | null, stat: string): number | null {
  const all = stat.match(/^cpu\d+ /gm)?.length ?? 0
  const limit = Math.min(quota, countSet(set?.trim() ?? '') ?? Number.POSITIVE_INFINITY)
  return limit > 0 && limit < (all > 0 ? all : Number.POSITIVE_INFINITY) ? limit : null
}

/** Counts a list such as `0-3,8`; null for anything else. */
function countSet(text: string): number | null {
  let count = 0
  for (const part of text.split(',')) {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? []
    if (first === undefined) return null
    count += Number(last ?? first) - Number(first) + 1
  }
  return count > 0 ? count : null
}

function readProcessorLimit2(proc: ProcFs, machine: string): ProcessorLimit | null {
  const [quota, period] = (proc.readTextIfThere(`${ROOT}/cpu.max`) ?? '').trim().split(' ').map(parseCount)
  const share = quota && period ? quota / period : Number.POSITIVE_INFINITY
  const processors = findLimit(share, proc.readTextIfThere(`${ROOT}/cpuset.cpus.effective`), machine)
  if (processors === null) return null
  const stat = proc.readTextIfThere(`${ROOT}/cpu.stat`) ?? ''
  const count = (name: string) => parseCount(new RegExp(`^${name}_usec (\\d+)$`, 'm').exec(stat)?.[1])
  const [used, user, system] = [count('usage'), count('user'), count('system')]
  if (used == null || user == null || system == null) return null
  return { processors, used, user, system }
}

/** Time by state is counted in hundredths of a second there. */
const TICK_MICROSECONDS = 10_000

function readProcessorLimit1(proc: ProcFs, machine: string): ProcessorLimit | null {
  const read = (name: string) => proc.readTextIfThere(`${ROOT}/${name}`)?.trim() ?? ''
  // Without a limit the quota is -1, which is not a count.
  const quota = parseCount(read('cpu/cpu.cfs_quota_us'))
  const period = parseCount(read('cpu/cpu.cfs_period_us'))
  const share = quota && period ? quota / period : Number.POSITIVE_INFINITY
  const processors = findLimit(share, read('cpuset/cpuset.effective_cpus'), machine)
  if (processors === null) return null
  const nanoseconds = parseCount(read('cpuacct/cpuacct.usage'))
  const stat = read('cpuacct/cpuacct.stat')
  const ticks = (name: string) => parseCount(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1])
  const [user, system] = [ticks('user'), ticks('system')]
  if (nanoseconds === null || user === null || system === null) return null
  return {
    processors,
    used: Math.round(nanoseconds / 1000),
    user: user * TICK_MICROSECONDS,
    system: system * TICK_MICROSECONDS,
  }
}
