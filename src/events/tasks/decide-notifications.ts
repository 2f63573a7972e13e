import type { Event } from '../../domain/event.ts'
import { mergeGroups } from '../../domain/hosts/group.ts'
import { detailEvent, type EventSnapshot } from '../../domain/notifications/notified-event.ts'
import {
  compileRule,
  decide,
  NOTHING_NOTIFIED,
  type Notified,
  type Rule,
} from '../../domain/notifications/rule.ts'
import { resolveTarget, type Target } from '../../domain/notifications/target.ts'
import { createMaintenanceCalendar, type MaintenanceCalendar } from '../../domain/time/maintenance-window.ts'
import type {
  Decided,
  EventChange,
  EventMoment,
  NewNotification,
  NotifiedRow,
} from '../../storage/ports/store.ts'
import { findChannel } from '../channels/index.ts'
import { type Task, type TaskContext, workInPieces } from '../task.ts'

/** Hosts of one event whose groups are looked up. */
const MAX_MEMBERS = 1000

/** Events settled in one commit. */
const PIECE = 200

type Book = {
  readonly rules: readonly { rule: Rule; fits: ReturnType<typeof compileRule> }[]
  readonly maintenanceWindows: MaintenanceCalendar
  readonly targets: readonly Target[]
}

/**
 * Asks the rules about everything that changed, and again when they wanted to be asked again; writes the
 * notifications.
 */
export const decideNotifications: Task = {
  name: 'decide notifications',
  every: 0,
  run: (context) =>
    workInPieces(context, async () => {
      const { outbox } = context.store
      const now = context.clock.now()
      const changes = await outbox.listChanges(PIECE)
      const due = changes.length > 0 ? [] : await outbox.listDue(now, PIECE)
      if (changes.length === 0 && due.length === 0) return false
      const book = await readBook(context)
      const decided: Decided[] = []
      // What a rule says of a change rests on what it said of the one before.
      for (const change of firstOfEach(changes)) {
        logChange(context, change)
        const at = change.followed === null ? now : Math.max(change.changed, Math.min(now, change.followed))
        decided.push(await ask(context, book, change, change.id, at))
      }
      for (const moment of due) decided.push(await ask(context, book, moment, null, now))
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

async function readBook({ store: { rules, maintenanceWindows, targets } }: TaskContext): Promise<Book> {
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

async function ask(
  { store, notifier }: TaskContext,
  { rules, maintenanceWindows, targets }: Book,
  moment: EventMoment,
  change: number | null,
  at: number,
): Promise<Decided> {
  const { event, changed, opened } = moment
  const hosts = event.members.length > 0 ? event.members : [event.host]
  const before = new Map((await store.outbox.listNotified(event.id)).map((row) => [row.rule, row]))
  const mutedUntil = findQuiet(maintenanceWindows, hosts, at)
  const notified: NotifiedRow[] = []
  const notifications: NewNotification[] = []
  for (const { rule, fits } of rules) {
    const row = before.get(rule.id)
    // Who was told of it is told the rest, even when the rule has changed meanwhile.
    const isAsked =
      row !== undefined || (change !== null && hosts.some((host) => fits({ host, metric: event.metric })))
    if (!isAsked) continue
    const state = {
      status: event.status,
      severity: event.severity,
      changed,
      opened,
      acknowledged: event.acknowledgedBy !== null,
      wasMissed: event.wasMissed ?? false,
    }
    const decision = decide(rule, state, row?.notified ?? NOTHING_NOTIFIED, at, mutedUntil)
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
  return {
    event: event.id,
    change,
    notified,
    notifications: notifications.map((notification) => ({ ...notification, snapshot })),
  }
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
