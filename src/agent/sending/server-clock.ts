import type { Clock } from '../../lib/clock.ts'
import { MAX_TIME_AHEAD } from '../../protocol/field.ts'
import { MAX_CLOCK_DIFFERENCE } from '../../protocol/message.ts'

export type ServerClock = {
  /** An answer of the server contained or implied this time, in seconds since 1970. */
  note(serverTime: number): void
  /**
   * The latest time of a frame that the server takes now; everything is tried while nothing is known of its
   * clock.
   */
  latestTime(): number
  /** How far our clock is ahead of the server's, in seconds; 0 while nothing is known. */
  secondsAhead(): number
  /** False as well while nothing is known, and after either clock has jumped until the next answer. */
  isOursRight(): boolean
}

/** Keeps what the server's clock was last, and lets it run on by our monotonic one. */
export function watchServerClock(clock: Clock): ServerClock {
  /** The server's clock minus our monotonic one, in seconds. */
  let offset: number | null = null
  const estimate = () => (offset === null ? null : offset + clock.monotonicMs() / 1000)
  const secondsAhead = () => {
    const serverTime = estimate()
    return serverTime === null ? 0 : Math.round(clock.now() - serverTime)
  }
  return {
    note(serverTime) {
      offset = serverTime - clock.monotonicMs() / 1000
    },
    latestTime() {
      const serverTime = estimate()
      return serverTime === null ? Number.POSITIVE_INFINITY : Math.floor(serverTime) + MAX_TIME_AHEAD
    },
    secondsAhead,
    isOursRight: () => offset !== null && Math.abs(secondsAhead()) <= 2 * MAX_CLOCK_DIFFERENCE,
  }
}
