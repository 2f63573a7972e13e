import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { WatchStore } from '../storage/ports/store.ts'

export type LeaseOptions = {
  readonly watch: Pick<WatchStore, 'takeLease' | 'releaseLease'>
  /** Names this engine among all. */
  readonly holder: string
  /**
   * How long the lease is good; it is renewed, or by those that do not hold it asked for, three times within
   * that.
   */
  readonly seconds: number
  /** Called when it became ours after it was not, for instance because the one that held it is dead. */
  readonly onGained: () => void
  readonly clock: Clock
  readonly log: Log
}

/** Of several event engines on one database, one at a time does the work. */
export type Lease = {
  /**
   * True while it is ours. Asks when it is not, or not for much longer; rejects when the database does not
   * answer. From the first time on it is asked for without further calls.
   */
  take(): Promise<boolean>
  /** As far as is known without asking. */
  isHeld(): boolean
  /** Gives it back, so that the next need not wait. */
  release(): Promise<void>
}

const NAME = 'events'

export function createLease({ watch, holder, seconds, onGained, clock, log }: LeaseOptions): Lease {
  let heldUntil = Number.NEGATIVE_INFINITY
  let wasHeld: boolean | null = null
  let timer: Timer | null = null
  let isReleased = false
  let isFailing = false
  let isFirst = true
  const isHeld = () => clock.monotonicMs() < heldUntil

  async function renew(): Promise<boolean> {
    const asked = clock.monotonicMs()
    const isNew = isFirst
    isFirst = false
    const wasOurs = isHeld()
    const taken = await watch.takeLease(NAME, holder, clock.now(), seconds).finally(plan)
    if (isReleased) {
      // It was given back while this was on its way.
      if (taken) await watch.releaseLease(NAME, holder)
      return false
    }
    heldUntil = taken ? asked + seconds * 1000 : Number.NEGATIVE_INFINITY
    if (wasHeld !== taken) {
      if (!taken) log.info('another event engine is active; this one is on standby')
      else if (wasHeld !== null) log.info('this event engine takes over')
      wasHeld = taken
    }
    isFailing = false
    if (taken && !wasOurs && !isNew) onGained()
    return taken
  }

  /**
   * Goes on through tasks that take long, through the pause between two cycles and through a database that is
   * away.
   */
  function plan() {
    timer?.cancel()
    if (isReleased) return
    timer = clock.after((seconds * 1000) / 3, () => {
      renew().catch((error) => {
        if (!isFailing)
          log.warn('the lease of the event engine was not renewed', { error: describeError(error) })
        isFailing = true
      })
    })
  }

  return {
    isHeld,
    async take() {
      // Less than half of it left: the timer's renewal failed.
      return heldUntil - clock.monotonicMs() > seconds * 500 ? true : renew()
    },
    async release() {
      isReleased = true
      timer?.cancel()
      if (!isHeld()) return
      heldUntil = Number.NEGATIVE_INFINITY
      await watch.releaseLease(NAME, holder)
    },
  }
}
