import type { Loss } from '../../domain/audit/loss.ts'
import type { Item } from '../queue/queue-rows.ts'
import type { Unanswered } from './batch-size.ts'

export type SessionEnd = {
  readonly reason: string
  /** The server refused us as such (a wrong passphrase), which trying again soon won't change. */
  readonly isLasting: boolean
  /** The server closed an idle connection, which is not a failure. */
  readonly isClean: boolean
  /** The connection stood, and what was sent on it was not answered in time. */
  readonly isStalled: boolean
  /** The greeting or a batch with rows that it left without an answer for long; null when there is none. */
  readonly unanswered: Unanswered | null
}

/**
 * The server has `items` on disk, but for `refused` values of them. `waiting` are still to be sent: they are
 * from its future.
 */
export type StoredBatch = {
  readonly items: readonly Item[]
  /** Its bytes on the line. */
  readonly bytes: number
  /** Losses that the server knows of now. */
  readonly lost: readonly Loss[]
  readonly waiting: readonly Item[]
  readonly refused: number
  readonly reason: string | undefined
}
