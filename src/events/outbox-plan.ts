import type { WaitingNotification } from '../storage/ports/store.ts'
/** The fields of a waiting notification that the plan uses. Times are the server's, in seconds. */
export type Waiting = Pick<
  WaitingNotification,
  'id' | 'event' | 'channel' | 'target' | 'created' | 'attempts' | 'uncertain' | 'due' | 'digest' | 'isAlone'
>

/** One message to a target: one notification, or a digest. */
export type PlannedDelivery = {
  readonly channel: string
  readonly target: string
  readonly notifications: readonly Waiting[]
  /**
   * The id of a digest that was tried before, `new` for one that has to be given its id first, null for a
   * single notification.
   */
  readonly digest: string | 'new' | null
}

/** More notifications than this to one target within a minute are a storm. */
export const DIGEST_THRESHOLD = 10
const DIGEST_SECONDS = 60

/** A notification that is not delivered after a day is given up. */
export const GIVE_UP_SECONDS = 86_400

/**
 * And not after fewer attempts: a clock that jumped made a day of a minute. A real day has more than forty.
 */
const GIVE_UP_ATTEMPTS = 20

const FIRST_PAUSE = 10
const LONGEST_PAUSE = 1800
/**
 * The longest pause before a target is tried again; a notification that is due later was planned by a wrong
 * clock.
 */
const LONGEST_WAIT = 86_400

/**
 * Pauses after attempts that the receiver may have taken though no answer came; after the last of them it is
 * given up.
 */
const UNCERTAIN_PAUSES: readonly number[] = [600, 3600, 21_600]

/**
 * Chooses what to send now of all that waits. A target's deliveries are in the order in which they have to
 * go, one after the other; an event's notifications never overtake each other. A failing target gets one
 * delivery at a time; once it `works` again nothing waits for its own next attempt, but no more go out
 * together than would reach the digest threshold. `recent` counts the notifications sent alone to a target
 * within the last minute.
 */
export function planDeliveries(
  waiting: readonly Waiting[],
  recent: (channel: string, target: string) => number,
  now: number,
  works: (channel: string, target: string) => boolean = () => false,
): PlannedDelivery[] {
  const byTarget = new Map<string, Waiting[]>()
  for (const notification of [...waiting].sort((a, b) => a.id - b.id)) {
    const key = `${notification.channel}\n${notification.target}`
    const held = byTarget.get(key)
    if (held) held.push(notification)
    else byTarget.set(key, [notification])
  }
  return [...byTarget.values()].flatMap((notifications) => {
    const [first] = notifications
    if (first === undefined) return []
    const { channel, target } = first
    return planTarget(notifications, recent(channel, target), now, works(channel, target))
  })
}

function planTarget(
  waiting: readonly Waiting[],
  recent: number,
  now: number,
  works: boolean,
): PlannedDelivery[] {
  const notifications = waiting.map((notification) =>
    works || notification.due > now + LONGEST_WAIT
      ? { ...notification, due: Math.min(notification.due, now) }
      : notification,
  )
  const planned = gather(notifications, recent, now)
  const order = orderOfEvents(notifications)
  const ready = planned.filter((planned) => isReady(planned, order, now))
  const isFailing = notifications.some((notification) => notification.attempts > 0)
  if (!isFailing) return ready
  if (works) return ready.slice(0, Math.max(0, DIGEST_THRESHOLD - recent))
  const dueOf = ({ notifications: [notification] }: PlannedDelivery) => notification?.due ?? now
  return ready.sort((a, b) => dueOf(a) - dueOf(b)).slice(0, 1)
}

/**
 * Puts together what belongs together: what has been tried, as it was tried, then either the rest one by one
 * or a new digest.
 */
function gather(notifications: readonly Waiting[], recent: number, now: number): PlannedDelivery[] {
  const planned: PlannedDelivery[] = []
  const digests = new Map<string, Waiting[]>()
  const fresh: Waiting[] = []
  // Two digests that each hold an event's earlier notification would wait for each other: what has to wait
  // joins none.
  const held = new Set<number>()
  for (const notification of notifications) {
    const isTried = notification.isAlone || notification.attempts > 0
    if (
      notification.digest === null &&
      !isTried &&
      notification.due <= now &&
      !held.has(notification.event)
    ) {
      fresh.push(notification)
      continue
    }
    held.add(notification.event)
    if (notification.digest === null) {
      if (isTried) planned.push(single(notification))
      continue
    }
    const parts = digests.get(notification.digest)
    if (parts) parts.push(notification)
    else digests.set(notification.digest, [notification])
  }
  for (const [digest, parts] of digests) planned.push(ship(parts, digest))
  const [oldest] = fresh
  if (oldest === undefined) return planned
  if (fresh.length + recent <= DIGEST_THRESHOLD) return [...planned, ...fresh.map(single)]
  // The tail of a storm is gathered for a minute, or every round would send a digest of its own.
  const isRipe = fresh.length > DIGEST_THRESHOLD || oldest.created <= now - DIGEST_SECONDS
  if (!isRipe) return planned
  return [...planned, fresh.length === 1 ? single(oldest) : ship(fresh, 'new')]
}

function orderOfEvents(notifications: readonly Waiting[]): Map<number, Waiting[]> {
  const order = new Map<number, Waiting[]>()
  for (const notification of notifications) {
    const held = order.get(notification.event)
    if (held) held.push(notification)
    else order.set(notification.event, [notification])
  }
  return order
}

/** Nothing earlier of the same events is left outside. */
function isReady(
  { notifications: parts }: PlannedDelivery,
  order: Map<number, Waiting[]>,
  now: number,
): boolean {
  const own = new Set(parts)
  return parts.every(
    (part) =>
      part.due <= now &&
      (order.get(part.event) ?? []).every((other) => other.id >= part.id || own.has(other)),
  )
}

const single = (notification: Waiting): PlannedDelivery => ship([notification], null)

function ship(notifications: readonly Waiting[], digest: string | null): PlannedDelivery {
  const { channel = '', target = '' } = notifications[0] ?? {}
  return { channel, target, notifications, digest }
}

export type FailedAttempt = {
  readonly created: number
  /** Failed attempts before this one. */
  readonly attempts: number
  /** How many of them the receiver may have taken. */
  readonly uncertain: number
}

export type Failure = {
  /** Seconds that the receiver asked for; null for none. */
  readonly retryAfter: number | null
  /** The receiver may have taken it though no answer came. */
  readonly isUncertain: boolean
}

/**
 * When to try again after a failure, in seconds since 1970; null to give up. Pauses double from ten seconds
 * to half an hour, each made up to a quarter longer by `random` (0 to 1), and no shorter than the receiver
 * asked for. What may have been delivered is tried three more times, far apart. `mayGiveUp` is false while the
 * clock is doubted: then nothing is too old.
 */
export function nextAttempt(
  failed: FailedAttempt,
  { retryAfter, isUncertain }: Failure,
  now: number,
  { random, mayGiveUp = true }: { readonly random: number; readonly mayGiveUp?: boolean },
): number | null {
  const least = retryAfter ?? 0
  if (isUncertain) {
    const pause = UNCERTAIN_PAUSES[failed.uncertain]
    return pause === undefined ? null : now + Math.max(pause, least)
  }
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failed.attempts, 20))
  const at = now + Math.max(Math.round(pause * (1 + random / 4)), least)
  const isTooOld = at - failed.created > GIVE_UP_SECONDS && failed.attempts >= GIVE_UP_ATTEMPTS
  return isTooOld && mayGiveUp ? null : at
}
