import type { Task } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** The event of a hole with a reason stays open this long after its last sample. */
const QUIET_SECONDS = 3600
/** Refusals and holes are remembered as long as events. */
const PRUNED_AT_ONCE = 5000

/** Updates the account of what agents sent, and opens events for new holes. */
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
