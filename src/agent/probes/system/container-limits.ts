import type { ProcFs } from '../../../platform/proc.ts'
import { parseCount } from '../arithmetic.ts'

/**
 * The root of the control groups as it is seen here. That of a machine has no limits, nor the files that would
 * hold them: where they are, this is the root of a container. The limit of a unit that the agent itself runs in
 * lies in a folder below, and is never looked at.
 */
const ROOT = '/sys/fs/cgroup'

/** Bytes. */
export type MemoryLimit = { readonly limit: number; readonly used: number }

/** Null outside of a container, and in one without a limit. */
export function readMemoryLimit(proc: ProcFs): MemoryLimit | null {
  if (!proc.has(`${ROOT}/memory.max`)) return null
  const limit = parseCount(proc.readTextIfThere(`${ROOT}/memory.max`)?.trim())
  const current = parseCount(proc.readTextIfThere(`${ROOT}/memory.current`)?.trim())
  if (limit === null || current === null || limit === 0) return null
  const stat = proc.readTextIfThere(`${ROOT}/memory.stat`) ?? ''
  // Contents of files that nobody looks at any more are given back before the limit is felt.
  const droppable = parseCount(/^inactive_file (\d+)$/m.exec(stat)?.[1]) ?? 0
  return { limit, used: Math.min(limit, Math.max(0, current - droppable)) }
}

/** Microseconds since the container's start. */
export type ProcessorLimit = {
  /** How many processors it may use at a time; 0.5 is half of one. */
  readonly processors: number
  readonly used: number
  readonly user: number
  readonly system: number
}

/** Null outside of a container, and in one without a limit. */
export function readProcessorLimit(proc: ProcFs): ProcessorLimit | null {
  if (!proc.has(`${ROOT}/cpu.max`)) return null
  const [quota, period] = (proc.readTextIfThere(`${ROOT}/cpu.max`) ?? '').trim().split(' ').map(parseCount)
  const stat = proc.readTextIfThere(`${ROOT}/cpu.stat`) ?? ''
  const count = (name: string) => parseCount(new RegExp(`^${name}_usec (\\d+)$`, 'm').exec(stat)?.[1])
  const [used, user, system] = [count('usage'), count('user'), count('system')]
  if (!quota || !period || used == null || user == null || system == null) return null
  return { processors: quota / period, used, user, system }
}
