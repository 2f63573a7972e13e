import type { Task } from '../task.ts'
import { callHeartbeat } from './call-heartbeat.ts'
import { decideNotices } from './decide-notices.ts'
import { dropEvents } from './drop-events.ts'
import { dropHosts } from './drop-hosts.ts'
import { dropSamples } from './drop-samples.ts'
import { endForeignKeys } from './end-foreign-keys.ts'
import { foldFrames } from './fold-frames.ts'
import { pruneSessions } from './prune-sessions.ts'
import { sendNotices } from './send-notices.ts'
import { watchAvailability } from './watch-availability.ts'
import { watchCertificates } from './watch-certificates.ts'
import { watchClocks } from './watch-clocks.ts'

/** Everything the event engine does, in the order of a cycle: the quick first, what takes long last. */
export const TASKS: readonly Task[] = [
  watchAvailability,
  watchClocks,
  watchCertificates,
  endForeignKeys,
  decideNotices,
  sendNotices,
  callHeartbeat,
  pruneSessions,
  dropEvents,
  dropHosts,
  dropSamples,
  foldFrames,
]
