import type { Transaction, Value } from '../database/database.ts'
import { type FrameMerging, insertFrames } from './insert-frames.ts'
import { boundWaiting } from './waiting-frames.ts'

/** Rows of one commit, by the table that they go to, as the values of `FRAME_COLUMNS`. */
export class CommitRows {
  readonly frame: Value[] = []
  readonly late: Value[] = []
  readonly waiting: Value[] = []
  readonly #waitingHosts = new Set<number>()

  /** Notes that the host has rows in `waiting`. */
  addWaitingHost(host: number): void {
    this.#waitingHosts.add(host)
  }

  /** How many frames that waited had to go, because their hosts have too many. */
  async insert(transaction: Transaction, merging: FrameMerging): Promise<number> {
    await insertFrames(transaction, 'frame', this.frame, merging)
    await insertFrames(transaction, 'late_frame', this.late, merging)
    await insertFrames(transaction, 'waiting_frame', this.waiting, { ...merging, onMerged: () => {} })
    let dropped = 0
    for (const host of this.#waitingHosts) dropped += await boundWaiting(transaction, host)
    return dropped
  }
}
