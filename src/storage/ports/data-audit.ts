import type { HostAudit } from '../../domain/audit/host-audit.ts'
import type { LossReason } from '../../domain/audit/loss.ts'

/** Ports to the records of how complete the data of agents is. Features take them from `store.ts`. */

/** A hole in what a host sent. */
export type Gap = {
  /** Null when no agent has reported one. */
  readonly reason: LossReason | null
  /** Frames and events, or cycles that were not measured. */
  readonly amount: number
  /** Times of the first and the last that is missing; 0 when not known. */
  readonly from: number
  readonly to: number
  /** When it was noted, by the server's clock. */
  readonly noted: number
}

/** The refusals of one minute. */
export type MinuteRejections = {
  /** Null where the sender was not known. */
  readonly host: string | null
  /** Its beginning, in seconds since 1970. */
  readonly minute: number
  readonly reason: string
  readonly amount: number
}

/**
 * Samples whose time is ahead of the server's clock, kept until it comes: see
 * `MaintenanceStore.admitWaiting`.
 */
export type WaitingSamples = {
  readonly samples: number
  /** Times of the first and the last of them. */
  readonly from: number
  readonly to: number
}

export type DataAuditStore = {
  /**
   * Updates the audit with the receipts of received data, and opens the events of new holes. With `isAsked`
   * false (the default is true) it does nothing where there are many hosts and the last time was less than an
   * hour ago.
   */
  settle(at: number, isAsked?: boolean): Promise<void>
  /** Ends the events of holes to which nothing was added since `before`. */
  closeQuiet(before: number, at: number): Promise<void>
  /** As of the last `settle`. Of all hosts by name, or of one; empty when there is none of this name. */
  audit(host?: string): Promise<readonly HostAudit[]>
  /** The newest holes of a host first, at most `limit`. */
  listGaps(host: string, limit: number): Promise<readonly Gap[]>
  /** Null when none wait. */
  findWaiting(host: string): Promise<WaitingSamples | null>
  /** Adds to the refusals of that minute. A name that is not a host's counts as unknown. */
  addRejections(rejections: readonly MinuteRejections[]): Promise<void>
  /** Of a host, or of senders that were not known when it is null; the newest first, at most `limit`. */
  listRejections(host: string | null, limit: number): Promise<readonly MinuteRejections[]>
  /**
   * Drops rejections and holes from before that time, the oldest first: at most `limit` of each, and those of
   * the same time as the last of them.
   */
  prune(before: number, limit: number): Promise<void>
}
