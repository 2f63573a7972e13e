import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { MessageFault } from '../protocol/protocol-error.ts'
import type { PieceFault } from '../protocol/rejection-tally.ts'

/** Why a connection is closed from our side without a message being at fault. */
export type ConnectionFault =
  | 'connections'
  | 'tls'
  | 'plain'
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
/** Sources that are remembered within a minute; what others do is only counted. */
const MAX_SOURCES = 1000

/** Counts what is refused, and says each reason once a source and minute in the log. */
export class Rejections {
  readonly #clock: Clock
  readonly #log: Log
  readonly #counts = new Map<Reason, number>()
  #said = new Set<string>()
  #unsaid = 0
  #minuteEnd = 0

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** `from` is an address; `detail` must not repeat what was sent. */
  note(reason: Reason, from: string, detail: string, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count)
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

  #beginMinute(now: number): void {
    if (this.#unsaid > 0) this.#log.warn('more was refused than is listed', { rejections: this.#unsaid })
    this.#said = new Set()
    this.#unsaid = 0
    this.#minuteEnd = now + MINUTE_MS
  }
}
