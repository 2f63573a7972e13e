import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { MAX_CLOCK_DIFFERENCE } from '../../protocol/message.ts'
import type { CollectorAddress } from './connect.ts'

export type SenderLogOptions = {
  readonly clock: Clock
  readonly log: Log
  /** How many items wait. */
  readonly countWaiting: () => number
}

/** A lasting failure is logged again after this time, with the number of waiting items. */
const LOG_AGAIN_MS = 600_000

export const nameOf = ({ host, port }: CollectorAddress) => `${host}:${port}`

/** The log of sending: each failure once, and again every ten minutes while it lasts. */
export class SenderLog {
  readonly #options: SenderLogOptions
  readonly #lastReasons = new Map<CollectorAddress, string>()
  #lastTaker: CollectorAddress | null = null
  #failureLoggedMs = Number.NEGATIVE_INFINITY
  #futureLoggedMs = Number.NEGATIVE_INFINITY
  #rejection: { reason: string | undefined; loggedMs: number } = {
    reason: undefined,
    loggedMs: Number.NEGATIVE_INFINITY,
  }
  #isPathNarrow = false
  /** Since the last line about them. */
  #refusedValues = 0

  constructor(options: SenderLogOptions) {
    this.#options = options
  }

  noteSuccess(server: CollectorAddress): void {
    const { log, countWaiting } = this.#options
    if (this.#lastReasons.size > 0 || this.#lastTaker !== server)
      log.info('the server accepts samples', { server: nameOf(server), waiting: countWaiting() })
    this.#lastTaker = server
    this.#lastReasons.clear()
  }

  noteFailure(server: CollectorAddress, reason: string): void {
    const { clock, log, countWaiting } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#lastReasons.get(server) !== reason || nowMs - this.#failureLoggedMs >= LOG_AGAIN_MS) {
      log.warn('sending failed', { server: nameOf(server), reason, waiting: countWaiting() })
      this.#failureLoggedMs = nowMs
    }
    this.#lastReasons.set(server, reason)
  }

  /** A bound of the server refuses the same values with each sample. */
  noteRefusedValues(server: CollectorAddress, refused: number, reason: string | undefined): void {
    const { clock, log } = this.#options
    this.#refusedValues += refused
    const nowMs = clock.monotonicMs()
    if (
      refused === 0 ||
      (reason === this.#rejection.reason && nowMs - this.#rejection.loggedMs < LOG_AGAIN_MS)
    )
      return
    log.warn('the server rejected values', { server: nameOf(server), refused: this.#refusedValues, reason })
    this.#rejection = { reason, loggedMs: nowMs }
    this.#refusedValues = 0
  }

  /** Samples are from the server's future. `seconds` is how far our clock is ahead. */
  noteFutureSamples(server: CollectorAddress, seconds: number): void {
    const { clock, log, countWaiting } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#futureLoggedMs < LOG_AGAIN_MS) return
    this.#futureLoggedMs = nowMs
    // What was sampled while the clock was wrong stays in the future after it was set.
    const until = seconds > MAX_CLOCK_DIFFERENCE ? 'the clocks agree' : 'their time has come'
    log.warn(`samples are in the future by the clock of the server; they are kept until ${until}`, {
      server: nameOf(server),
      seconds,
      waiting: countWaiting(),
    })
  }

  /** Why is not known: the path may have dropped everything for a while, or large packets alone. */
  noteSmallerBatches(server: CollectorAddress, bytes: number): void {
    this.#options.log.warn('connected, but a batch is not answered; trying smaller batches', {
      server: nameOf(server),
      bytes,
    })
  }

  /** Small packets have got through where those of the usual size were lost, and not by chance. */
  notePath(server: CollectorAddress, isNarrow: boolean): void {
    if (isNarrow === this.#isPathNarrow) return
    this.#isPathNarrow = isNarrow
    const { log } = this.#options
    if (isNarrow)
      log.warn('the path to the server drops large packets (MTU); small ones are sent', {
        server: nameOf(server),
      })
    else log.info('the path to the server lets large packets pass again', { server: nameOf(server) })
  }

  noteStuck(server: CollectorAddress, idleMs: number): void {
    this.#options.log.error('sending is stuck; reconnecting', {
      server: nameOf(server),
      seconds: Math.round(idleMs / 1000),
      waiting: this.#options.countWaiting(),
    })
  }
}
