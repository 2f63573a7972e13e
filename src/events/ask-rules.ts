import type { Event } from '../domain/event.ts'
import { mergeGroups } from '../domain/hosts/group.ts'
import { detailEvent, type EventSnapshot } from '../domain/notifications/notified-event.ts'
import {
  compileRule,
  decide,
  NOTHING_NOTIFIED,
  type Notified,
  type Rule,
} from '../domain/notifications/rule.ts'
import { resolveTarget, type Target } from '../domain/notifications/target.ts'
import { createMaintenanceCalendar, type MaintenanceCalendar } from '../domain/time/maintenance-window.ts'
import type { Decided, EventMoment, NewNotification, NotifiedRow } from '../storage/ports/store.ts'
import { findChannel } from './channels/index.ts'
import type { TaskContext } from './task.ts'

export type RuleBook = {
  readonly rules: readonly { rule: Rule; fits: ReturnType<typeof compileRule> }[]
  readonly maintenanceWindows: MaintenanceCalendar
  readonly targets: readonly Target[]
}

/** Hosts of one event whose groups are looked up. */
const MAX_MEMBERS = 1000

/**
 * One and a half default intervals of the agents: for this long after a start of the server, a rule with a
 * delay waits for agents to report what has ended meanwhile.
 */
const AGENTS_RETURN_SECONDS = 90

export async function readRuleBook({
  store: { rules, maintenanceWindows, targets },
}: TaskContext): Promise<RuleBook> {
  const [ruleList, maintenanceList, targetList] = await Promise.all([
    rules.list(),
    maintenanceWindows.list(),
    targets.list(),
  ])
  return {
    rules: ruleList.map((rule) => ({ rule, fits: compileRule(rule) })),
    maintenanceWindows: createMaintenanceCalendar(maintenanceList),
    targets: targetList,
  }
}

/** Why the rules are asked: a change of the event, the time that a rule named, or rules that were changed. */
export type Occasion = { readonly change: number } | 'due' | { readonly changedRules: ReadonlySet<number> }

/** Asks the rules about an event as it was at the time `at`. */
export async function askRules(
  context: TaskContext,
  { rules, maintenanceWindows, targets }: RuleBook,
  moment: EventMoment,
  { occasion, at }: { readonly occasion: Occasion; readonly at: number },
): Promise<Decided> {
  const { store, notifier, clock, steadyMs } = context
  const change = typeof occasion === 'object' && 'change' in occasion ? occasion.change : null
  const changedRules =
    typeof occasion === 'object' && 'changedRules' in occasion ? occasion.changedRules : null
  const now = clock.now()
  const started = now - Math.floor(steadyMs() / 1000)
  const awaited = started + AGENTS_RETURN_SECONDS
  const { event } = moment
  // A time that was noted before the clock was set back is not a later one.
  const changed = Math.min(moment.changed, at)
  const opened = Math.min(moment.opened, at)
  const hosts = event.members.length > 0 ? event.members : [event.host]
  const before = new Map((await store.outbox.listNotified(event.id)).map((row) => [row.rule, row]))
  const mutedUntil = findQuiet(maintenanceWindows, hosts, at)
  const notified: NotifiedRow[] = []
  const notifications: NewNotification[] = []
  for (const { rule, fits } of rules) {
    const row = before.get(rule.id)
    const mayFit = changedRules === null ? change !== null : changedRules.has(rule.id)
    if (changedRules !== null && !mayFit) continue
    // A target that was notified of the opening is notified of the rest, even when the rule has changed
    // meanwhile.
    if (row === undefined && !(mayFit && hosts.some((host) => fits({ host, metric: event.metric })))) continue
    const state = {
      status: event.status,
      severity: event.severity,
      changed,
      opened,
      acknowledged: event.acknowledgedBy !== null,
      wasMissed: event.wasMissed ?? false,
    }
    // Of an earlier time it is known what followed, and what opened since the start is open.
    const isAwaited =
      rule.delay > 0 && event.status === 'open' && opened < started && at >= now && awaited > at
    const silentUntil = isAwaited ? Math.max(mutedUntil ?? 0, awaited) : mutedUntil
    const decision = decide(rule, state, row?.notified ?? NOTHING_NOTIFIED, {
      now: at,
      mutedUntil: silentUntil,
    })
    const { notify, recheckAt } = decision
    if (
      !isSame(decision.notified, row?.notified ?? NOTHING_NOTIFIED) ||
      recheckAt !== (row?.recheckAt ?? null)
    )
      notified.push({ rule: rule.id, notified: decision.notified, recheckAt })
    if (notify !== null)
      for (const target of listTargets(rule, targets))
        notifications.push({
          uid: notifier.makeId(),
          rule,
          kind: notify,
          channel: rule.channel,
          target,
          snapshot: event,
        })
  }
  if (notifications.length === 0) return { event: event.id, change, notified, notifications }
  const snapshot = await detail(store.hosts, event, at)
  const complete = (notification: NewNotification): NewNotification => ({
    ...notification,
    snapshot:
      changedRules !== null && notification.kind === 'opening' ? { ...snapshot, wasOpen: true } : snapshot,
  })
  return { event: event.id, change, notified, notifications: notifications.map(complete) }
}

/** An event of several hosts has the groups of all of them. */
async function detail(
  hosts: TaskContext['store']['hosts'],
  event: Event,
  now: number,
): Promise<EventSnapshot> {
  if (event.members.length === 0) {
    const found = await hosts.findAll([event.host])
    return detailEvent(event, found.get(event.host) ?? null, now)
  }
  const members = await hosts.findAll(event.members.slice(0, MAX_MEMBERS))
  const groups = mergeGroups(...[...members.values()].map((host) => host.groups))
  return { ...detailEvent(event, null, now), groups }
}

/** An event of several hosts is quiet while all of them are. */
function findQuiet(
  maintenanceWindows: MaintenanceCalendar,
  hosts: readonly string[],
  at: number,
): number | null {
  let first: number | null = null
  for (const host of hosts) {
    const until = maintenanceWindows.mutedUntil(host, at)
    if (until === null) return null
    first = Math.min(first ?? until, until)
  }
  return first
}

function listTargets(rule: Rule, targets: readonly Target[]): readonly string[] {
  const address = resolveTarget(rule, targets)
  return findChannel(rule.channel)?.splitTarget?.(address) ?? [address]
}

function isSame(a: Notified, b: Notified): boolean {
  return (
    a.since === b.since &&
    a.opening === b.opening &&
    a.closing === b.closing &&
    a.severity === b.severity &&
    a.last === b.last
  )
}
