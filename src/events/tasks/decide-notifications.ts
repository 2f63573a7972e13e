import type { Decided, EventChange, EventMoment } from '../../storage/ports/store.ts'
import { askRules, readRuleBook } from '../ask-rules.ts'
import { type Task, type TaskContext, workInPieces } from '../task.ts'

/** Events settled in one commit. */
const PIECE = 200

/**
 * Asks the rules about everything that changed, and again when they wanted to be asked again; writes the
 * notifications.
 */
export const decideNotifications: Task = {
  name: 'decide notifications',
  every: 0,
  isPrompt: true,
  run: (context) =>
    workInPieces(context, async () => {
      const { outbox } = context.store
      // Times that were not yet moved with the clock do not say what is due.
      if (context.readJump() !== 0) return false
      const now = context.clock.now()
      const changes = await outbox.listChanges(PIECE)
      const due = changes.length > 0 ? [] : await outbox.listDue(now, PIECE)
      if (changes.length === 0 && due.length === 0) return false
      const book = await readRuleBook(context)
      const decided: Decided[] = []
      // A rule's decision on a change depends on its decision on the change before.
      for (const change of firstOfEach(changes)) {
        logChange(context, change)
        const at = change.followed === null ? now : Math.max(change.changed, Math.min(now, change.followed))
        decided.push(await askRules(context, book, change, { occasion: { change: change.id }, at }))
      }
      for (const moment of due)
        decided.push(await askRules(context, book, moment, { occasion: 'due', at: now }))
      await outbox.settle(decided, now)
      return true
    }),
}

function firstOfEach(changes: readonly EventChange[]): EventChange[] {
  const seen = new Set<number>()
  return changes.filter(({ event: { id } }) => !seen.has(id) && seen.add(id))
}

/** The channel `log` is there without a rule: everything that happens is a line. */
function logChange({ log }: TaskContext, { event }: EventMoment) {
  const { id, host, metric, severity, status, message } = event
  log.info('event', { status, id, host, metric, severity, message })
}
