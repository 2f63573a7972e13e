/**
 * Why something that an agent measured, or should have measured, never comes. The order is part of what is
 * stored (`storage/audit/receipt.ts`): new reasons go to the end.
 *
 * - `age`, `size`: the agent dropped it from its queue, for its age or for want of room.
 * - `refused`: the server would not have it.
 * - `damaged`: rows of the agent's queue were damaged.
 * - `queue`: the queue's file was lost.
 * - `crash`: the machine or the agent crashed before it was written.
 * - `off`: the agent was not running.
 * - `clock`: the agent's clock was set, or its machine slept.
 * - `skipped`: the agent ran and left the cycle out, because the one before took too long.
 * - `unused`: the number was never given to anything, so nothing is missing.
 * - `restored`: it was stored after the backup that was restored since; said by the server alone.
 */
export const LOSS_REASONS = [
  'age',
  'size',
  'refused',
  'damaged',
  'queue',
  'crash',
  'off',
  'clock',
  'skipped',
  'unused',
  'restored',
] as const
export type LossReason = (typeof LOSS_REASONS)[number]

/** Stands for the missing reason of a hole that nobody has explained. */
export const UNEXPLAINED = 'unexplained'

export const isLossReason = (value: unknown): value is LossReason =>
  LOSS_REASONS.some((reason) => reason === value)

/** The text of each reason, as people read it. */
export const LOSS_TEXTS: Readonly<Record<LossReason, string>> = {
  age: 'dropped by the agent: too old',
  size: 'dropped by the agent: no room in its queue',
  refused: 'refused by the server',
  damaged: "damaged in the agent's queue",
  queue: "the agent's queue was lost",
  crash: "lost in a crash of the agent's machine",
  off: 'the agent was not running',
  clock: "the agent's clock was set, or its machine slept",
  skipped: 'the agent left cycles out: its machine was too slow',
  unused: 'numbers that were never used',
  restored: 'stored after the backup that was restored',
}

/**
 * Numbers of an agent's queue that never come, as far as the server does not have them: an agent may name
 * more than is lost. A time without samples to which no number was given has `first` and `last` 0, and
 * `count` cycles.
 */
export type Loss = {
  readonly first: number
  readonly last: number
  readonly reason: LossReason
  /** Times of the first and the last that is lost, in seconds since 1970; 0 when not known. */
  readonly from: number
  readonly to: number
  readonly count: number
}
