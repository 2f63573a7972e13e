import { edenGC } from 'bun:jsc'
import { accessSync, constants } from 'node:fs'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/**
 * Bun collects garbage on a timer whenever a little work was done, and its allocator has a thread that gives
 * every freed page back at once: for a process that works for two milliseconds and then sleeps that is a
 * third of what it costs. Without the thread, freed pages go back when garbage is collected, and gaps between what
 * is still used every ten minutes: some 3 MB that only the start needed. All can be told only by the environment,
 * before the runtime starts.
 */
export const LEAN: Readonly<Record<string, string>> = {
  BUN_GC_TIMER_DISABLE: '1',
  MIMALLOC_PURGE_DELAY: '10000',
  MIMALLOC_SCAVENGER: '0',
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: '600000',
}

/**
 * Restarts this program in the same process (execve: its id, streams and folder stay, so its parent does not
 * notice), with the runtime set for long sleeps. Returns when there is nothing to change: it was done, the parent
 * has set any of them, or this system or build can't.
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

/** True in the restarted program. */
export const isLean = () => Object.entries(LEAN).every(([name, value]) => process.env[name] === value)

/**
 * Keeps memory what it was, since the runtime does not do so by itself: what the last cycles left (some 100 kB
 * each) is collected, and pages of the program that are not needed again are given back. First when most of the
 * start is done, then when the first cycles are, then every thirty cycles. Looking at everything for garbage
 * costs as much as a cycle or two, so most of the times only what is new is looked at. Where cycles are far apart, pages
 * are given back as soon as something seldom, such as reading the machine's facts, has needed many more than a cycle does.
 *
 * @param interval seconds between two cycles
 */
export function limitMemory(clock: Clock, log: Log, interval: number): MemoryWatch {
  if (!isLean()) return { noteCycle() {} }
  let turn = 0
  let release: (() => void) | null = null
  const growth = watchResidentGrowth(() => process.memoryUsage.rss())
  async function tidy() {
    if (turn % THOROUGH_EVERY === 0) Bun.gc(true)
    else edenGC()
    release ??= await openRelease(log)
    release()
    growth.noteRelease()
    clock.after((turn++ === 0 ? WARM_AFTER_CYCLES : EVERY_CYCLES) * interval * 1000, tidy)
  }
  clock.after(FIRST_AFTER_MS, tidy)
  return {
    noteCycle() {
      if (interval < FAR_APART_SECONDS || release === null || !growth.isTooMuch()) return
      release()
      growth.noteRelease()
    },
  }
}

export type MemoryWatch = {
  /** To be called after each cycle. */
  noteCycle(): void
}

/** With shorter intervals the turns of `limitMemory` come often enough. */
const FAR_APART_SECONDS = 20

export type ResidentGrowth = {
  /** To be asked after each cycle: there is so much more than after the first one since the release that a release pays. */
  isTooMuch(): boolean
  noteRelease(): void
}

/**
 * Tells when pages of the program should be given back. Getting back what it needs costs the next cycle as much as half
 * of what it does, so some cycles pass in any case between two times.
 *
 * @param readBytes resident memory; the cycle before has needed it for its own figures
 */
export function watchResidentGrowth(readBytes: () => number): ResidentGrowth {
  let least = Number.POSITIVE_INFINITY
  let cycles = 0
  return {
    isTooMuch() {
      cycles++
      const bytes = readBytes()
      least = Math.min(least, bytes)
      return cycles >= LEAST_CYCLES && bytes - least > MOST_GROWTH_BYTES
    },
    noteRelease() {
      least = Number.POSITIVE_INFINITY
      cycles = 0
    },
  }
}

const LEAST_CYCLES = 3
/** Garbage of ten cycles is less. */
const MOST_GROWTH_BYTES = 1_500_000

/** Resolves with what gives back pages of the program; that never throws, and after a failure does nothing. */
async function openRelease(log: Log): Promise<() => void> {
  let release: (() => number) | null = null
  let isFirst = true
  const fail = (error: unknown) => {
    log.debug('cannot give back pages that the start needed', { reason: error })
    release = null
  }
  try {
    const { openProgramPages } = await import('../platform/program-pages.ts')
    release = openProgramPages()
  } catch (error) {
    fail(error)
  }
  return () => {
    if (release === null) return
    try {
      const bytes = release()
      if (isFirst) log.debug('gave back pages that the start needed', { bytes })
      isFirst = false
    } catch (error) {
      fail(error)
    }
  }
}

/**
 * Gives back the code that only the start of a server needed, some 25 MB, soon after it, and from time to time what only a
 * rush has needed since. What is still needed comes back from the kernel's cache when it is next run.
 */
export function releaseStart(clock: Clock, log: Log): void {
  if (process.platform !== 'linux' || !Bun.isStandaloneExecutable) return
  clock.after(RELEASE_AFTER_MS, async () => {
    const release = await openRelease(log)
    const releaseAgain = () => {
      release()
      clock.after(RELEASE_EVERY_MS, releaseAgain)
    }
    releaseAgain()
  })
}

/** Most of what follows the start, such as the first look of each task, has run by then. */
const RELEASE_AFTER_MS = 1000
const RELEASE_EVERY_MS = 60_000

/** By then an agent of any interval has sampled, and most have sent. */
const FIRST_AFTER_MS = 5000

const WARM_AFTER_CYCLES = 2
const EVERY_CYCLES = 30
const THOROUGH_EVERY = 4
