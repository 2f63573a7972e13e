import type { Loss } from './loss.ts'
import type { NumberRange, NumberRanges } from './number-ranges.ts'

/** The numbers of what an agent sent, as they were received. */
export type ReceivedNumbers = {
  /** For each frame that is stored its number. */
  readonly frames: readonly number[]
  /** Of events, and of frames of which nothing could be stored. */
  readonly others: readonly NumberRange[]
  /** The lowest number that may still come; 0 when that is not known. */
  readonly waiting: number
  /** Numbers that will never arrive. */
  readonly lost: readonly Loss[]
}

/** The state of an agent's numbering when a session begins. */
export type KnownNumbers = {
  /** The highest that it has given to anything; 0 for none. */
  readonly newest: number
  /**
   * Numbers up to `newest` that no server has confirmed: they are still queued, or are lost and not reported
   * yet. A server has answered for all others.
   */
  readonly unconfirmed: NumberRanges
}

/** The queue that an agent sends from. */
export type ReportedQueue = {
  /** Names the row of numbers. */
  readonly id: string
  /** Another one each time that the agent starts. */
  readonly run: string
  /** When it started, by the server's clock; null when this message does not contain it. */
  readonly started: number | null
  /** Said with the start, by agents that know it. */
  readonly known?: KnownNumbers | null
}
