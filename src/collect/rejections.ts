import type { Clock } from '../lib/clock.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { MessageFault } from '../protocol/protocol-error.ts'
import type { PieceFault } from '../protocol/rejection-tally.ts'

/** Why a connection is closed from our side without a message being at fault. */
export type ConnectionFault =
  | 'connections'
  | 'tls'
  | 'plain'
  | 'copy'
  | 'approval'
  | 'growth'
  | 'cut_off'
  | 'silent'
  | 'slow'
  | 'unread'
  | 'memory'
  | 'storage'
  | 'content'
  | 'internal'
  | 'future'

export type Reason = MessageFault | PieceFault | ConnectionFault

const MINUTE_MS = 60_000
/** Sources that are logged separately within a minute; refusals of further ones are only counted. */
const MAX_SOURCES = 1000
/**
 * Combinations of host and reason that are counted separately until they are stored; above this, hosts are
 * counted together.
 */
const MAX_COUNTS = 5000

/** The details of a rejection beside its reason. */
type RejectionDetails = {
  readonly count?: number
  /** The host that the sender reports for, once it has given the passphrase; null before. */
  readonly host?: string | null
}

/** The number of refusals within a minute. */
type MinuteCount = { host: string | null; minute: number; reason: Reason; amount: number }

/** Counts refusals, and logs each reason once per source and minute. */
export class Rejections {
  readonly #clock: Clock
  readonly #log: Log
  readonly #counts = new Map<Reason, number>()
  /** The counts that are not stored yet. */
  #unstored = new Map<string, MinuteCount>()
  #said = new Set<string>()
  #unsaid = 0
  #minuteEnd = 0

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** `from` is an address; `detail` must not repeat what was sent. */
  note(
    reason: Reason,
    from: string,
    detail: string,
    { count = 1, host = null }: RejectionDetails = {},
  ): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count)
    const minute = Math.floor(this.#clock.now() / 60) * 60
    this.#keep({ host, minute, reason, amount: count })
    const now = this.#clock.monotonicMs()
    if (now >= this.#minuteEnd) this.#beginMinute(now)
    const key = `${reason} ${from}`
    if (this.#said.has(key)) return
    if (this.#said.size >= MAX_SOURCES) {
      this.#unsaid++
      return
    }
    this.#said.add(key)
    this.#log.warn('refused', { from, reason, detail })
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  /** Hands what was counted to `add`, and keeps it for the next time when that rejects. */
  async store(add: (counts: readonly MinuteCount[]) => Promise<void>): Promise<void> {
    if (this.#unstored.size === 0) return
    const taken = this.#unstored
    this.#unstored = new Map()
    try {
      await add([...taken.values()])
    } catch (error) {
      for (const count of taken.values()) this.#keep(count)
      this.#log.debug('rejections could not be stored', { error: describeError(error) })
    }
  }

  #keep({ host, minute, reason, amount }: MinuteCount): void {
    const isFull = this.#unstored.size >= MAX_COUNTS
    const own = `${minute} ${reason} ${host ?? ''}`
    const key = isFull && !this.#unstored.has(own) ? reason : own
    const known = this.#unstored.get(key)
    if (known !== undefined) known.amount += amount
    else this.#unstored.set(key, { host: key === own ? host : null, minute, reason, amount })
  }

  #beginMinute(now: number): void {
    if (this.#unsaid > 0)
      this.#log.warn('there are more rejections than are listed', { rejections: this.#unsaid })
    this.#said = new Set()
    this.#unsaid = 0
    this.#minuteEnd = now + MINUTE_MS
  }
}
