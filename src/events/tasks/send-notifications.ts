import { type Message, writeDigest, writeNotification } from '../../domain/notification.ts'
import { maskTarget } from '../../domain/target.ts'
import { describeError } from '../../lib/log.ts'
import type { WaitingNotification } from '../../storage/ports/store.ts'
import { type Notification, SendError } from '../channels/channel.ts'
import { nextAttempt, planDeliveries, type Waiting } from '../outbox-plan.ts'
import type { Task, TaskContext } from '../task.ts'

/** Of one target no more are looked at together; of all together they stay in memory only here. */
const PER_TARGET = 500
/** Targets served at a time: a slow one keeps few others waiting. */
const LANES = 8
/** A target that takes its time gets no further shipment in this round after so long. */
const LANE_MS = 20_000
const RECENT_SECONDS = 60

/** What is sent in one piece, with all that is needed for it. */
type Delivery = {
  readonly notifications: readonly WaitingNotification[]
  readonly digest: string | 'new' | null
}

/** Sends what waits, target by target, each in its order. */
export const sendNotifications: Task = {
  name: 'send notices',
  every: 0,
  async run(context) {
    const recovered = await sendRound(context, new Set())
    // What else waits for them need not wait until its own next attempt.
    if (recovered.size > 0) await sendRound(context, recovered)
    return false
  },
}

/** Sends what is due, to the targets in `working` whatever waits. Gives the targets that took what had failed before. */
async function sendRound(context: TaskContext, working: ReadonlySet<string>): Promise<Set<string>> {
  const { clock, store } = context
  const recovered = new Set<string>()
  const waiting = await store.outbox.listWaiting(PER_TARGET)
  if (waiting.length === 0) return recovered
  const now = clock.now()
  const targetQueues = planTargetQueues(
    waiting,
    await store.outbox.countSent(now - RECENT_SECONDS),
    now,
    working,
  )
  const queue = targetQueues.entries()
  const serve = async () => {
    for (const [target, deliveries] of queue)
      if (await serveTarget(context, deliveries)) recovered.add(target)
  }
  // Each shipment's failure is noted where it happens; what comes here is the database's.
  const results = await Promise.allSettled(Array.from({ length: LANES }, serve))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return recovered
}

const keyOf = (channel: string, target: string) => `${channel}\n${target}`

/** The shipments that go now, in one list for each target, by `keyOf`. */
function planTargetQueues(
  waiting: readonly WaitingNotification[],
  sent: readonly { channel: string; target: string; total: number }[],
  now: number,
  working: ReadonlySet<string>,
): Map<string, Delivery[]> {
  const byId = new Map(waiting.map((notification) => [notification.id, notification]))
  const recent = (channel: string, target: string) =>
    sent.find((one) => one.channel === channel && one.target === target)?.total ?? 0
  const targetQueues = new Map<string, Delivery[]>()
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

/** Stops at the first failure: what comes later must not overtake. True when the target took what had failed before. */
async function serveTarget(context: TaskContext, deliveries: readonly Delivery[]): Promise<boolean> {
  const start = context.clock.monotonicMs()
  let isRecovered = false
  for (const delivery of deliveries) {
    if (context.isStopping() || !context.isLeader()) return false
    if (context.clock.monotonicMs() - start > LANE_MS) return false
    if (!(await deliver(context, delivery))) return false
    isRecovered ||= delivery.notifications.some(({ attempts }) => attempts > 0)
  }
  return isRecovered
}

/** True when the receiver took it. */
async function deliver(context: TaskContext, { notifications, digest }: Delivery): Promise<boolean> {
  const { store, notifier, clock, log } = context
  const [first] = notifications
  if (first === undefined) return true
  const ids = notifications.map(({ id }) => id)
  const id = digest === null ? first.uid : digest === 'new' ? notifier.makeId() : digest
  // Before it leaves: should we die between the receiver's yes and our note of it, it goes out under the same id again.
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
    log.info('notice sent', { ...line, notifications: ids.length, answer: result.answer })
    return true
  }
  const { error } = result
  const isFinal = error instanceof SendError && !error.retry
  const due = isFinal ? null : planNext(notifications, error, now, context.random())
  const answer = describeError(error)
  await store.outbox.note({ notifications: ids, time: now, isDelivered: false, answer, due })
  const attempts = first.attempts + 1
  if (due === null) log.error('notice given up', { ...line, attempts, error: answer })
  else log.warn('notice not sent, is tried again', { ...line, attempts, seconds: due - now, error: answer })
  return false
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
  random: number,
): number | null {
  const created = Math.min(...notifications.map((notification) => notification.created))
  const attempts = Math.max(...notifications.map((notification) => notification.attempts))
  return nextAttempt({ created, attempts }, error instanceof SendError ? error.retryAfter : null, now, random)
}

function write(
  { notifier: { zone, webUrl } }: TaskContext,
  notifications: readonly WaitingNotification[],
  id: string,
  isDigest: boolean,
): Notification {
  const [first] = notifications
  if (first === undefined) throw new Error('a notice of nothing')
  const base = webUrl?.replace(/\/+$/, '') ?? null
  const link = base === null ? null : isDigest ? `${base}/events` : `${base}/events/${first.snapshot.id}`
  const sources = notifications.map(({ kind, snapshot, rule }) => ({
    kind,
    event: snapshot,
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
    events: notifications.map(({ snapshot }) => snapshot),
    rule: rules.size === 1 ? first.rule.name : null,
    link,
  }
}
