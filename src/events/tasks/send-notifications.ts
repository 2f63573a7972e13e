import { type Message, writeDigest, writeNotification } from '../../domain/notifications/notification.ts'
import { toNotifiedEvent } from '../../domain/notifications/notified-event.ts'
import { maskTarget } from '../../domain/notifications/target.ts'
import { describeError } from '../../lib/log.ts'
import type { WaitingNotification } from '../../storage/ports/store.ts'
import { type Notification, SendError } from '../channels/channel.ts'
import { GIVE_UP_SECONDS, nextAttempt, planDeliveries, type Waiting } from '../outbox-plan.ts'
import type { Task, TaskContext } from '../task.ts'
import { mayDropByAge } from './retention.ts'

/** Of one target no more are looked at together; of all together they stay in memory only here. */
const PER_TARGET = 500
/** Targets served at a time, of those that answer in good time. */
const MOST_BUSY = 8
/** A target that takes longer has no share of these any more: eight that hang must not hold up a ninth. */
const SLOW_MS = 15_000
/** Targets under way in all, the slow ones among them: each holds a connection and a message. */
const MOST_OPEN = 64
/** While a slow target is served, everything else goes on, and the other targets are checked again after this time. */
const LOOK_AGAIN_MS = 1000
/** A target that takes its time gets no further delivery before the others were looked at again. */
const QUEUE_MS = 20_000
const RECENT_SECONDS = 60

/** The notifications of one delivery, with everything that sending needs. */
type DeliveryBatch = {
  readonly notifications: readonly WaitingNotification[]
  readonly digest: string | 'new' | null
}

/**
 * Sends what waits, target by target, each in its order. A receiver may take minutes over its answer: the
 * others are served meanwhile.
 */
export const sendNotifications: Task = {
  name: 'send notifications',
  every: 0,
  isPrompt: true,
  heldMs: LOOK_AGAIN_MS,
  async run(context) {
    const busy = new Map<string, ServedTarget>()
    // Targets that took what had failed before: what else waits for them need not wait until its own next
    // attempt.
    const recovered = new Set<string>()
    const failures: unknown[] = []
    for (;;) {
      await serveTargets(context, { busy, recovered, failures })
      if (busy.size === 0) break
      await oneOf(context, busy)
    }
    // Each delivery's failure is noted where it happens; what comes here is the database's.
    if (failures.length > 0) throw failures[0]
    return false
  },
}

type ServedTarget = { readonly done: Promise<void>; readonly sinceMs: number }

type Round = {
  readonly busy: Map<string, ServedTarget>
  readonly recovered: Set<string>
  readonly failures: unknown[]
}

/** Starts what is due for every target that has no delivery under way. */
async function serveTargets(context: TaskContext, { busy, recovered, failures }: Round) {
  const { clock, store } = context
  if (context.isStopping() || !context.isLeader() || failures.length > 0) return
  // Times that were not yet moved with the clock do not say what is due.
  if (context.readJump() !== 0) return
  const waiting = (await store.outbox.listWaiting(PER_TARGET)).filter(
    ({ channel, target }) => !busy.has(keyOf(channel, target)),
  )
  if (waiting.length === 0) return
  const now = clock.now()
  const sent = await store.outbox.countSent(now - RECENT_SECONDS)
  for (const [target, deliveries] of planTargetQueues(waiting, sent, now, recovered)) {
    if (countQuick(busy, clock.monotonicMs()) >= MOST_BUSY || busy.size >= MOST_OPEN) return
    recovered.delete(target)
    const done = serveTarget(context, deliveries)
      .then((isRecovered) => {
        if (isRecovered) recovered.add(target)
      })
      .catch((error: unknown) => {
        failures.push(error)
      })
      .finally(() => busy.delete(target))
    busy.set(target, { done, sinceMs: clock.monotonicMs() })
  }
}

const countQuick = (busy: ReadonlyMap<string, ServedTarget>, nowMs: number): number =>
  [...busy.values()].filter(({ sinceMs }) => nowMs - sinceMs < SLOW_MS).length

/** Resolves when a target is done, or when it is time to look at the others again. */
async function oneOf({ clock }: TaskContext, busy: ReadonlyMap<string, ServedTarget>) {
  const late = Promise.withResolvers<void>()
  const timer = clock.after(LOOK_AGAIN_MS, late.resolve)
  await Promise.race([...[...busy.values()].map(({ done }) => done), late.promise])
  timer.cancel()
}

const keyOf = (channel: string, target: string) => `${channel}\n${target}`

/** The deliveries that go now, in one list for each target, by `keyOf`. */
function planTargetQueues(
  waiting: readonly WaitingNotification[],
  sent: readonly { channel: string; target: string; total: number }[],
  now: number,
  working: ReadonlySet<string>,
): Map<string, DeliveryBatch[]> {
  const byId = new Map(waiting.map((notification) => [notification.id, notification]))
  const recent = (channel: string, target: string) =>
    sent.find((one) => one.channel === channel && one.target === target)?.total ?? 0
  const targetQueues = new Map<string, DeliveryBatch[]>()
  const works = (channel: string, target: string) => working.has(keyOf(channel, target))
  for (const { channel, target, notifications, digest } of planDeliveries(waiting, recent, now, works)) {
    const delivery = { digest, notifications: notifications.flatMap(({ id }: Waiting) => byId.get(id) ?? []) }
    const key = keyOf(channel, target)
    const targetQueue = targetQueues.get(key)
    if (targetQueue) targetQueue.push(delivery)
    else targetQueues.set(key, [delivery])
  }
  return targetQueues
}

/**
 * Stops at the first failure: what comes later must not overtake. True when the target took what had failed
 * before.
 */
async function serveTarget(context: TaskContext, deliveries: readonly DeliveryBatch[]): Promise<boolean> {
  const start = context.clock.monotonicMs()
  let isRecovered = false
  for (const delivery of deliveries) {
    if (context.isStopping() || !context.isLeader()) return false
    if (context.clock.monotonicMs() - start > QUEUE_MS) return false
    if (!(await deliver(context, delivery))) return false
    isRecovered ||= delivery.notifications.some(({ attempts }) => attempts > 0)
  }
  return isRecovered
}

/** True when the receiver took it. */
async function deliver(context: TaskContext, { notifications, digest }: DeliveryBatch): Promise<boolean> {
  const { store, notifier, clock, log } = context
  const [first] = notifications
  if (first === undefined) return true
  const ids = notifications.map(({ id }) => id)
  const id = digest === null ? first.uid : digest === 'new' ? notifier.makeId() : digest
  // Before it leaves: should we die between the receiver's yes and our note of it, it goes out under the same
  // id again.
  if (digest === 'new' || !(first.isAlone || first.attempts > 0)) await store.outbox.bind(ids, id)
  const notification = write(context, notifications, id, digest !== null)
  const line = {
    channel: first.channel,
    target: maskTarget(first.target),
    subject: notification.words.subject,
  }
  const result = await attempt(context, first.channel, notification)
  const now = clock.now()
  if ('answer' in result) {
    await store.outbox.note({
      notifications: ids,
      time: now,
      isDelivered: true,
      answer: result.answer,
      due: null,
    })
    log.info('notification sent', { ...line, notifications: ids.length, answer: result.answer })
    return true
  }
  await noteFailure(context, { notifications, digest: digest === null ? null : id }, result.error, line)
  return false
}

/** Splits a digest that is too large, plans the next attempt, or gives up. */
async function noteFailure(
  context: TaskContext,
  { notifications, digest }: DeliveryBatch,
  error: unknown,
  line: Readonly<Record<string, unknown>>,
) {
  const { store, notifier, clock, log } = context
  const now = clock.now()
  const ids = notifications.map(({ id }) => id)
  const answer = describeError(error)
  const isTooLarge = error instanceof SendError && error.isTooLarge
  if (isTooLarge && digest !== null && ids.length > 1) {
    const middle = ids.length >> 1
    await store.outbox.note({
      notifications: ids,
      time: now,
      isDelivered: false,
      answer,
      due: now,
    })
    await store.outbox.split(ids.slice(0, middle), notifier.makeId(), now)
    await store.outbox.split(ids.slice(middle), notifier.makeId(), now)
    log.info('a digest was too large and is split', { ...line, notifications: ids.length, error: answer })
    return
  }
  const isFinal = error instanceof SendError && (!error.retry || isTooLarge)
  const isUncertain = error instanceof SendError && error.isUncertain
  const due = isFinal ? null : planNext(notifications, error, now, context)
  await store.outbox.note({ notifications: ids, time: now, isDelivered: false, isUncertain, answer, due })
  const attempts = (notifications[0]?.attempts ?? 0) + 1
  if (due === null)
    log.error('notification failed, no further attempts', { ...line, attempts, error: answer })
  else log.warn('notification failed, will retry', { ...line, attempts, seconds: due - now, error: answer })
}

async function attempt({ notifier }: TaskContext, channel: string, notification: Notification) {
  try {
    return { answer: await notifier.send(channel, notification) }
  } catch (error) {
    return { error }
  }
}

function planNext(
  notifications: readonly WaitingNotification[],
  error: unknown,
  now: number,
  context: TaskContext,
): number | null {
  const created = Math.min(...notifications.map((notification) => notification.created))
  const attempts = Math.max(...notifications.map((notification) => notification.attempts))
  const uncertain = Math.max(...notifications.map((notification) => notification.uncertain))
  const { retryAfter = null, isUncertain = false } = error instanceof SendError ? error : {}
  return nextAttempt({ created, attempts, uncertain }, { retryAfter, isUncertain }, now, {
    random: context.random(),
    // An age is not believed to a clock that has just begun to run, or was just set.
    mayGiveUp: mayDropByAge(context, GIVE_UP_SECONDS),
  })
}

function write(
  { notifier: { zone, webUrl } }: TaskContext,
  notifications: readonly WaitingNotification[],
  id: string,
  isDigest: boolean,
): Notification {
  const [first] = notifications
  if (first === undefined) throw new Error('a notification of nothing')
  const base = webUrl?.replace(/\/+$/, '') ?? null
  const link = base === null ? null : isDigest ? `${base}/events` : `${base}/events/${first.snapshot.id}`
  const sources = notifications.map(({ kind, snapshot, rule }) => ({
    kind,
    event: toNotifiedEvent(snapshot),
    rule: rule.name,
  }))
  const [source] = sources
  const words: Message =
    isDigest || source === undefined
      ? writeDigest(sources, { zone, link })
      : writeNotification(source, { zone, link })
  const rules = new Set(sources.map(({ rule }) => rule))
  return {
    id,
    kind: isDigest ? 'digest' : first.kind,
    target: first.target,
    words,
    events: sources.map(({ event }) => event),
    rule: rules.size === 1 ? first.rule.name : null,
    link,
  }
}
