import type { Task } from '../task.ts'
import { admitWaitingSamples } from './admit-waiting-samples.ts'
import { applyRules } from './apply-rules.ts'
import { auditData } from './audit-data.ts'
import { callHeartbeat } from './call-heartbeat.ts'
import { compactFrames } from './compact-samples.ts'
import { decideNotifications } from './decide-notifications.ts'
import { dropEvents } from './drop-events.ts'
import { dropHosts } from './drop-hosts.ts'
import { dropSamples } from './drop-samples.ts'
import { clampTimes, followClock } from './follow-clock.ts'
import { pruneSessions } from './prune-sessions.ts'
import { resolveAttempts } from './resolve-attempts.ts'
import { sendNotifications } from './send-notifications.ts'
import { watchAvailability } from './watch-availability.ts'
import { watchCertificates } from './watch-certificates.ts'
import { watchClocks } from './watch-clocks.ts'
import { watchNotifications } from './watch-notifications.ts'

/** Everything the event engine does, in the order of a cycle: the quick first, what takes long last. */
export const TASKS: readonly Task[] = [
  followClock,
  clampTimes,
  watchAvailability,
  watchClocks,
  watchCertificates,
  watchNotifications,
  resolveAttempts,
  decideNotifications,
  applyRules,
  sendNotifications,
  callHeartbeat,
  pruneSessions,
  dropEvents,
  dropHosts,
  admitWaitingSamples,
  dropSamples,
  compactFrames,
  auditData,
]
