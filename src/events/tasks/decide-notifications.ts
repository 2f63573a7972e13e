import { yieldThread } from '../../lib/yield-thread.ts'
import type { Decided, EventChange, EventMoment } from '../../storage/ports/store.ts'
import { askRules, readRuleBook } from '../ask-rules.ts'
import { type Task, type TaskContext, workInPieces } from '../task.ts'

/** Changes that are read together. */
const PIECE = 200
/** Events that the rules are asked about, and that are settled in one commit, before samples have their turn. */
const AT_ONCE = 50

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
      // A rule's decision on a change depends on its decision on the change before.
      const askedFirst = firstOfEach(changes)
      await settleInTurns(context, askedFirst, now, (change) => {
        logChange(context, change)
        const at = change.followed === null ? now : Math.max(change.changed, Math.min(now, change.followed))
        return askRules(context, book, change, { occasion: { change: change.id }, at })
      })
      await settleInTurns(context, due, now, (moment) =>
        askRules(context, book, moment, { occasion: 'due', at: now }),
      )
      return true
    }),
}

async function settleInTurns<T extends EventMoment>(
  { store: { outbox } }: TaskContext,
  moments: readonly T[],
  now: number,
  ask: (moment: T) => Promise<Decided>,
) {
  for (let at = 0; at < moments.length; at += AT_ONCE) {
    if (at > 0) await yieldThread()
    const decided: Decided[] = []
    for (const moment of moments.slice(at, at + AT_ONCE)) decided.push(await ask(moment))
    await outbox.settle(decided, now)
  }
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
