import type { Task } from '../task.ts'
import { dropEvents } from './drop-events.ts'
import { dropHosts } from './drop-hosts.ts'
import { dropSamples } from './drop-samples.ts'
import { foldFrames } from './fold-frames.ts'
import { pruneSessions } from './prune-sessions.ts'
import { watchCertificates } from './watch-certificates.ts'

/** Everything the event engine does, in the order of a cycle: the quick first, what takes long last. */
export const TASKS: readonly Task[] = [
  pruneSessions,
  watchCertificates,
  dropEvents,
  dropHosts,
  dropSamples,
  foldFrames,
]
