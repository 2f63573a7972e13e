import { accessSync, constants } from 'node:fs'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/**
 * Bun collects garbage on a timer whenever a little work was done, and its allocator has a thread that gives
 * every freed page back at once: for a process that works for two milliseconds and then sleeps that is a
 * third of what it costs. Both can be told only by the environment, before the runtime starts.
 */
const LEAN: Readonly<Record<string, string>> = { BUN_GC_TIMER_DISABLE: '1', MIMALLOC_PURGE_DELAY: '-1' }

/**
 * Begins this program anew in the same process (execve: its id, streams and folder stay, so whoever started
 * it does not notification), with the runtime set for long sleeps. Returns when there is nothing to change:
 * it was done, whoever started us has set either, or this system or build can't.
 */
export function tuneMemory(): void {
  if (process.platform !== 'linux' || !Bun.isStandaloneExecutable || isLean()) return
  if (Object.keys(LEAN).some((name) => process.env[name] !== undefined)) return
  const program = process.execPath
  try {
    // A failing execve may end the process: the file may have been replaced or deleted since the start.
    accessSync(program, constants.X_OK)
    process.execve?.(program, [program, ...process.argv.slice(2)], { ...process.env, ...LEAN })
  } catch {
    // Then it runs as it is: heavier, and no worse.
  }
}

/** True in the program that was begun anew. */
export const isLean = () => Object.entries(LEAN).every(([name, value]) => process.env[name] === value)

/**
 * Keeps memory what it was: soon after the start, and then every `seconds`, collects garbage, since the
 * runtime does not do so by itself, and gives back the code that only the start and the collection needed. A
 * cycle of the agent leaves some 100 kB.
 */
export function limitMemory(clock: Clock, log: Log, seconds: number): void {
  if (!isLean()) return
  const tidy = async () => {
    try {
      const { releaseProgramCode } = await import('../platform/program-pages.ts')
      Bun.gc(true)
      const bytes = releaseProgramCode(process.execPath)
      log.debug('gave back what the start needed', { bytes })
      clock.after(seconds * 1000, tidy)
    } catch (error) {
      log.debug('can not give back what the start needed', { reason: error })
      clock.after(seconds * 1000, collect)
    }
  }
  const collect = () => {
    Bun.gc(true)
    clock.after(seconds * 1000, collect)
  }
  clock.after(FIRST_AFTER_MS, tidy)
}

/**
 * Gives back, soon after the start of a server, the code that only the start needed: some 25 MB. What is still needed
 * comes back from the kernel's cache when it is next run.
 */
export function releaseStart(clock: Clock, log: Log): void {
  if (process.platform !== 'linux' || !Bun.isStandaloneExecutable) return
  clock.after(RELEASE_AFTER_MS, async () => {
    try {
      const { releaseProgramCode } = await import('../platform/program-pages.ts')
      log.debug('gave back what the start needed', { bytes: releaseProgramCode(process.execPath) })
    } catch (error) {
      log.debug('can not give back what the start needed', { reason: error })
    }
  })
}

/** Most of what follows the start, such as the first look of each task, has run by then. */
const RELEASE_AFTER_MS = 1000

/** By then an agent of any interval has sampled, and most have sent. */
const FIRST_AFTER_MS = 5000
