import type { Clock } from '../../lib/clock.ts'

/** Features of the kernel that most machines lack for as long as they run. */
const SELDOM_NEW = /^\/sys\/fs\/cgroup\/|^\/proc\/spl\//
/** What has come there is found within this time. */
const ASK_AGAIN_MS = 20_000

/** What a container may use, which is set when it is started. What it does use is in other files. */
const LIMITS: ReadonlySet<string> = new Set([
  '/sys/fs/cgroup/cpu.max',
  '/sys/fs/cgroup/cpu/cpu.cfs_quota_us',
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes',
])
/** A limit that was changed is seen within this time. */
const READ_AGAIN_MS = 10_000

export type SeldomChanges = {
  /** Whether it is there. */
  has(path: string, has: (path: string) => boolean): boolean
  /** The text of a file; null when it is not there. */
  readText(path: string, read: (path: string) => string | null): string | null
}

/** Does not ask in each cycle for what was not there, nor for limits, which are nearly always what they were. */
export function rememberSeldomChanges(clock: Clock): SeldomChanges {
  const absentUntilMs = new Map<string, number>()
  const limits = new Map<string, { readonly text: string; readonly untilMs: number }>()
  return {
    has(path, has) {
      const nowMs = clock.monotonicMs()
      if (nowMs < (absentUntilMs.get(path) ?? 0)) return false
      if (nowMs < (limits.get(path)?.untilMs ?? 0)) return true
      const isThere = has(path)
      if (!isThere && SELDOM_NEW.test(path)) absentUntilMs.set(path, nowMs + ASK_AGAIN_MS)
      return isThere
    },
    readText(path, read) {
      if (!LIMITS.has(path)) return read(path)
      const nowMs = clock.monotonicMs()
      const known = limits.get(path)
      if (known !== undefined && nowMs < known.untilMs) return known.text
      limits.delete(path)
      const text = read(path)
      if (text !== null) limits.set(path, { text, untilMs: nowMs + READ_AGAIN_MS })
      return text
    },
  }
}
