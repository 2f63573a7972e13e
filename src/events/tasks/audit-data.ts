import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** What was lost for a reason is told for so long after the last of it. */
const QUIET_SECONDS = 3600
/** Refusals and holes are remembered as long as events. */
const PRUNED_AT_ONCE = 5000

/** Brings up to date what is there of what agents sent, and tells of new holes. */
export const auditData: Task = {
  name: 'audit data',
  every: 300,
  async run(context) {
    const {
      store: { dataAudit },
      retention,
      clock,
    } = context
    const now = clock.now()
    await dataAudit.settle(now, false)
    await dataAudit.closeQuiet(now - QUIET_SECONDS, now)
    if (mayDropByAge(context, retention.events))
      await dataAudit.prune((await context.sampleTime()) - retention.events, PRUNED_AT_ONCE)
    return false
  },
}
