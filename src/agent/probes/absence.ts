import type { Clock } from '../../lib/clock.ts'

/** Features of the kernel that most machines lack for as long as they run. */
const SELDOM_NEW = /^\/sys\/fs\/cgroup\/|^\/proc\/spl\//
/** What has come there is found within this time. */
const ASK_AGAIN_MS = 20_000

export type Absence = { ask(path: string, has: (path: string) => boolean): boolean }

/** Does not ask in each cycle for what was not there. */
export function rememberAbsence(clock: Clock): Absence {
  const absentUntilMs = new Map<string, number>()
  return {
    ask(path, has) {
      const nowMs = clock.monotonicMs()
      if (nowMs < (absentUntilMs.get(path) ?? 0)) return false
      const isThere = has(path)
      if (!isThere && SELDOM_NEW.test(path)) absentUntilMs.set(path, nowMs + ASK_AGAIN_MS)
      return isThere
    },
  }
}
