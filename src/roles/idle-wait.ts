import type { TrackedClock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { openEventWait, type WaitForEvent } from '../platform/poll/event-loop.ts'
import { isLean } from './memory-tuning.ts'

/** A timer that `clock` does not know of is late by this at most. */
const LONGEST_MS = 30_000

/** Shorter waits are left to the runtime. */
const SHORTEST_MS = 5

/** While something goes on the runtime waits by itself, and it is asked again after this. */
const BUSY_LOOK_MS = 250

/** So many waits in a row that end at once are not events: something keeps the set of descriptors ready, or poll(2) fails. */
const MOST_INSTANT = 100
const INSTANT_MS = 1

export type IdleWaitOptions = {
  /** Has every timer of what `isBusy` speaks for. */
  readonly clock: TrackedClock
  readonly log: Log
  /** Something is going on that may rest on a timer of the runtime's own. */
  readonly isBusy: () => boolean
  readonly stopping: AbortSignal
}

/**
 * Keeps an idle process asleep. Bun wakes each second while a connection is open, to write the date for answers that
 * an agent never gives, and each four seconds to look for sockets that are overdue: in a minute that costs half as
 * much as a cycle, and a fifteenth of it where there is a cycle each second. So this thread waits for the next event or
 * timer in place of the runtime.
 */
export async function sleepWhileIdle(
  options: IdleWaitOptions,
  open: () => Promise<WaitForEvent | null> = openEventWait,
): Promise<void> {
  if (!isLean()) return
  try {
    const wait = await open()
    if (wait !== null) keepAsleep(options, wait)
    else options.log.debug('cannot wait in place of the runtime')
  } catch (error) {
    options.log.debug('cannot wait in place of the runtime', { reason: error })
  }
}

function keepAsleep({ clock, isBusy, stopping }: IdleWaitOptions, wait: WaitForEvent): void {
  let instant = 0
  function rest() {
    if (stopping.aborted) return
    const beganMs = clock.monotonicMs()
    const leftMs = Math.min(clock.nextDueMs() - beganMs, LONGEST_MS)
    if (isBusy() || leftMs < SHORTEST_MS || instant >= MOST_INSTANT) {
      instant = 0
      clock.after(BUSY_LOOK_MS, rest)
      return
    }
    wait(leftMs)
    instant = clock.monotonicMs() - beganMs < INSTANT_MS ? instant + 1 : 0
    // The runtime looks at events and timers between the two; with one, it comes to `rest` before its timers.
    setImmediate(() => setImmediate(rest))
  }
  clock.after(BUSY_LOOK_MS, rest)
}
