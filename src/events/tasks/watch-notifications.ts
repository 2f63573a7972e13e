import { reportNotificationTrouble } from '../../domain/notifications/notification-trouble.ts'
import { maskTarget } from '../../domain/notifications/target.ts'
import { reportOnServer } from '../server-events.ts'
import type { Task } from '../task.ts'

/**
 * A notification that was given up counts as trouble for this long when nothing more is sent to its target.
 */
const REMEMBERED_SECONDS = 86_400

/**
 * Opens an event of the server's host for a channel of which a target has failed for a quarter of an hour, or
 * of which a notification was given up, and closes it when its targets take something again. Rules send it by
 * other channels.
 */
export const watchNotifications: Task = {
  name: 'watch notifications',
  every: 60,
  async run(context) {
    const { store, clock, notifier } = context
    const { outbox, watch } = store
    const now = clock.now()
    const states = await outbox.listTargetStates(now - REMEMBERED_SECONDS)
    for (const { name } of notifier.channels) {
      const targets = states
        .filter(({ channel }) => channel === name)
        .map((state) => ({ ...state, target: maskTarget(state.target) }))
      const report = reportNotificationTrouble(name, targets, now)
      const seen = await watch.listSeen(report.metric)
      if (report.status === 'closed' && seen.length === 0) continue
      await reportOnServer(context, report, seen, now)
    }
    return false
  },
}
