import type { Clock } from '../../lib/clock.ts'
import { MAX_BATCH_LOSSES } from '../../protocol/numbering.ts'
import type { Queue } from '../queue/queue.ts'
import type { BatchSize } from './batch-size.ts'
import type { SessionNumbering } from './batch-writer.ts'

/** About the bytes of a loss on the wire, and what part of a batch all of them may take. */
const LOSS_BYTES = 60
const LOSS_SHARE = 0.25

/** A session's part of the queue's numbering; losses are sent as far as a batch has room. */
export function numberSession(queue: Queue, clock: Clock, batchSize: BatchSize): SessionNumbering {
  const startedMs = clock.monotonicMs()
  return {
    get generation() {
      return queue.generation
    },
    run: crypto.randomUUID(),
    uptime: () => Math.round((clock.monotonicMs() - startedMs) / 1000),
    get known() {
      return queue.known
    },
    get lowestId() {
      return queue.lowestId
    },
    listLosses: () =>
      queue.losses
        .slice(0, Math.floor((batchSize.bytes * LOSS_SHARE) / LOSS_BYTES))
        .slice(0, MAX_BATCH_LOSSES),
  }
}
