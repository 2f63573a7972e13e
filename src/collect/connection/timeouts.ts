import type { ConnectionFault } from '../rejections.ts'
import type { CollectLimits } from './connection-limits.ts'

/** The state of a connection that its timeouts depend on; times by the monotonic clock, null for none. */
export type Pace = {
  /** When the connection was opened. */
  readonly since: number
  readonly lastActive: number
  /** The message under way; `since` is null when there is none. */
  readonly message: { readonly since: number | null; readonly bytes: number }
  readonly memoryWaitSince: number | null
  readonly lingerUntil: number | null
  readonly isKnown: boolean
  readonly isPaused: boolean
  readonly isAnswering: boolean
  readonly hasUnread: boolean
}

/** With a null reason the connection may be closed without a reply: there was no fault. */
export type TimedOut = { readonly reason: ConnectionFault | null; readonly detail: string }

/** Tells whether a connection has had its time; null when it has not. */
export function findTimedOut(pace: Pace, now: number, limits: CollectLimits): TimedOut | null {
  const quietMs = now - pace.lastActive
  if (pace.lingerUntil !== null) return now >= pace.lingerUntil ? { reason: null, detail: '' } : null
  if (pace.hasUnread)
    return quietMs > limits.silenceMs ? { reason: 'unread', detail: 'does not read its answers' } : null
  const isUnknownTooLong = !pace.isKnown && now - pace.since > limits.unknownMs && !pace.isAnswering
  // The sender is not the cause of a wait for storage; it is the cause of a wait for memory, by its long
  // message.
  if (isUnknownTooLong && (!pace.isPaused || pace.memoryWaitSince !== null))
    return {
      reason: 'silent',
      detail: `has not said the passphrase within ${Math.round(limits.unknownMs / 1000)} s`,
    }
  if (pace.memoryWaitSince !== null)
    return now - pace.memoryWaitSince > limits.memoryWaitMs
      ? { reason: 'memory', detail: 'had to wait for memory too long' }
      : null
  if (pace.isPaused) return null
  if (pace.message.since !== null) {
    if (quietMs > limits.silenceMs) return { reason: 'silent', detail: 'silent in the middle of a message' }
    const ms = now - pace.message.since
    const isSlow = ms > limits.slowMs && pace.message.bytes < (ms / 1000) * limits.slowBytesPerSecond
    return isSlow ? { reason: 'slow', detail: 'a message comes too slowly' } : null
  }
  if (pace.isAnswering) return null
  if (!pace.isKnown) return null
  return quietMs > limits.idleMs ? { reason: null, detail: '' } : null
}
