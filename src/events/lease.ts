import type { Clock, Timer } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { WatchStore } from '../storage/store.ts'

export type LeaseOptions = {
  readonly watch: Pick<WatchStore, 'takeLease' | 'releaseLease'>
  /** Names this engine among all. */
  readonly holder: string
  /** How long the lease is good; it is renewed three times within that. */
  readonly seconds: number
  readonly clock: Clock
  readonly log: Log
}

/** Of several event engines on one database, one at a time does the work. */
export type Lease = {
  /** True while it is ours. Asks when it is not, or not for much longer; rejects when the database does not answer. */
  take(): Promise<boolean>
  /** As far as is known without asking. */
  isHeld(): boolean
  /** Gives it back, so that the next need not wait. */
  release(): Promise<void>
}

const NAME = 'events'

export function createLease({ watch, holder, seconds, clock, log }: LeaseOptions): Lease {
  let heldUntil = Number.NEGATIVE_INFINITY
  let wasHeld: boolean | null = null
  let timer: Timer | null = null
  let isReleased = false
  const isHeld = () => clock.monotonicMs() < heldUntil

  async function renew(): Promise<boolean> {
    const asked = clock.monotonicMs()
    const taken = await watch.takeLease(NAME, holder, clock.now(), seconds)
    heldUntil = taken ? asked + seconds * 1000 : Number.NEGATIVE_INFINITY
    if (wasHeld !== taken) {
      if (!taken) log.info('another event engine does the work; this one stands by')
      else if (wasHeld !== null) log.info('this event engine takes over')
      wasHeld = taken
    }
    if (taken) plan()
    return taken
  }

  /** Goes on through tasks that take long. */
  function plan() {
    timer?.cancel()
    if (isReleased) return
    timer = clock.after((seconds * 1000) / 3, () => {
      renew().catch((error) =>
        log.warn('the lease of the event engine was not renewed', { error: describeError(error) }),
      )
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
