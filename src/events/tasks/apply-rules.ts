import type { Rule } from '../../domain/notifications/rule.ts'
import { resolveTarget } from '../../domain/notifications/target.ts'
import type { Decided } from '../../storage/ports/store.ts'
import { askRules, type RuleBook, readRuleBook } from '../ask-rules.ts'
import { type Task, type TaskContext, workInPieces } from '../task.ts'

/** Events settled in one commit. */
const PIECE = 200

const MEMORY = 'applied_rules'

/**
 * The state of each rule when it was last applied to open events, and the rules that changed and have not
 * been applied to all of them yet.
 */
type RuleMemory = {
  readonly rules: Readonly<Record<string, Applied>>
  readonly pending: readonly number[]
}

/** `to` describes where a rule sends, `what` the rest. */
type Applied = { readonly what: string; readonly to: string }

/** The rules that were applied last, so that a cycle in which none changed reads nothing more. */
const applied = new WeakMap<TaskContext['store'], string>()

/**
 * Applies rules that were added, enabled, widened or given another target to the events that are open: no
 * change of theirs would ask the rule, perhaps for days.
 */
export const applyRules: Task = {
  name: 'apply rules',
  every: 0,
  async run(context) {
    const { outbox, watch } = context.store
    const book = await readRuleBook(context)
    const rules = describeRules(book)
    const described = JSON.stringify(rules)
    if (applied.get(context.store) === described) return false
    const kept = await watch.recall(MEMORY)
    if (kept === null) {
      // The rules of an older version, or none: their events were notified.
      await watch.remember(MEMORY, JSON.stringify({ rules, pending: [] } satisfies RuleMemory))
      return false
    }
    const before = JSON.parse(kept) as RuleMemory
    const { changed, retargeted } = compareRules(before.rules, rules)
    const isSame = changed.length === 0 && Object.keys(before.rules).length === Object.keys(rules).length
    if (isSame && before.pending.length === 0) {
      applied.set(context.store, described)
      return false
    }
    const pending = [...new Set([...before.pending, ...changed])].filter((id) => rules[id] !== undefined)
    // Whoever it is sent to now was not notified of anything yet.
    if (!isSame) await outbox.forgetNotifiedOpen(retargeted, MEMORY, JSON.stringify({ rules, pending }))
    const isLeft = pending.length > 0 && (await askAboutOpen(context, book, new Set(pending)))
    if (!isLeft) await watch.remember(MEMORY, JSON.stringify({ rules, pending: [] } satisfies RuleMemory))
    return isLeft
  },
}

/** Resolves with true when it was interrupted: asking again then notifies nothing twice. */
function askAboutOpen(context: TaskContext, book: RuleBook, changedRules: ReadonlySet<number>) {
  const { outbox } = context.store
  let after = 0
  return workInPieces(context, async () => {
    const now = context.clock.now()
    const moments = await outbox.listOpen(after, PIECE)
    const decided: Decided[] = []
    for (const moment of moments)
      decided.push(await askRules(context, book, moment, { occasion: { changedRules }, at: now }))
    await outbox.settle(decided, now)
    after = moments.at(-1)?.event.id ?? after
    return moments.length === PIECE
  })
}

function describeRules({ rules, targets }: RuleBook): Record<string, Applied> {
  return Object.fromEntries(
    rules.map(({ rule }) => [
      rule.id,
      { what: describeScope(rule), to: `${rule.channel} ${resolveTarget(rule, targets)}` },
    ]),
  )
}

const describeScope = ({ enabled, host, metric, severities, onOpening }: Rule) =>
  JSON.stringify([enabled, host, metric, [...severities].sort(), onOpening])

function compareRules(before: Readonly<Record<string, Applied>>, now: Readonly<Record<string, Applied>>) {
  const changed: number[] = []
  const retargeted: number[] = []
  for (const [id, { what, to }] of Object.entries(now)) {
    const old = before[id]
    if (old?.what !== what || old.to !== to) changed.push(Number(id))
    if (old !== undefined && old.to !== to) retargeted.push(Number(id))
  }
  return { changed, retargeted }
}
