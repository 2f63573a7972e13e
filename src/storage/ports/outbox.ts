import type { Event } from '../../domain/event.ts'
import type { EventSnapshot } from '../../domain/notifications/notified-event.ts'
import type { NotificationKind, Notified, Rule } from '../../domain/notifications/rule.ts'

/** An event as it was at some time. */
export type EventMoment = {
  readonly event: Event
  /**
   * Times of the newest change and of the opening; never later than the server noted them, whatever the
   * agent's clock.
   */
  readonly changed: number
  readonly opened: number
}

/** A change of an event about which rules were not asked yet: how the event was right after it. */
export type EventChange = EventMoment & {
  /** Grows from change to change. */
  readonly id: number
  /** `changed` of the event's next change that waits too; null when this is the newest. */
  readonly followed: number | null
}

/** The notifications of one rule about an event, and when to ask it again. */
export type NotifiedRow = {
  readonly rule: number
  readonly notified: Notified
  readonly recheckAt: number | null
}

/**
 * A notification to write: `snapshot` is the event as the notification describes it, with the known facts of
 * its host.
 */
export type NewNotification = {
  readonly uid: string
  readonly rule: Pick<Rule, 'id' | 'name'>
  readonly kind: NotificationKind
  readonly channel: string
  readonly target: string
  readonly snapshot: EventSnapshot
}

export type Decided = {
  readonly event: number
  /** The change that this answers; null when `recheckAt` made us ask. */
  readonly change: number | null
  readonly notified: readonly NotifiedRow[]
  readonly notifications: readonly NewNotification[]
}

export type WaitingNotification = NewNotification & {
  readonly id: number
  readonly event: number
  readonly created: number
  /** Failed ones so far. */
  readonly attempts: number
  /** How many of them the receiver may have taken though no answer came. */
  readonly uncertain: number
  /** Not to be sent before. */
  readonly due: number
  /** The digest that it is part of for good; null while it stands alone. */
  readonly digest: string | null
  /**
   * It was bound to its own uid: it was given to the channel by itself, and perhaps delivered although no
   * answer came. It stays by itself, so that its id does not change.
   */
  readonly isAlone: boolean
}

/** The result of one attempt. `due` is when to try again; null for never. */
export type Attempt = {
  readonly notifications: readonly number[]
  readonly time: number
  readonly isDelivered: boolean
  /** The receiver may have taken it though no answer came. */
  readonly isUncertain?: boolean
  readonly answer: string
  readonly due: number | null
}

/** The results of the deliveries to one target. Times are seconds since 1970. */
export type TargetState = {
  readonly channel: string
  readonly target: string
  /** When it last took something; null when it did not. */
  readonly worked: number | null
  /** First failed attempt at what still waits; null when nothing does. */
  readonly failingSince: number | null
  /** When a notification was last given up; null when none was. */
  readonly gaveUp: number | null
  /** Notifications given up. */
  readonly lost: number
}

/** The way from a change of an event to its notifications, for the event engine alone. */
export type OutboxStore = {
  /** Oldest first. */
  listChanges(limit: number): Promise<EventChange[]>
  /**
   * Open events with an id above `after`, by id, except those about whose changes the rules are still to be
   * asked, and those that were imported from the original: these have no notifications.
   */
  listOpen(after: number, limit: number): Promise<EventMoment[]>
  /**
   * Deletes the record of what these rules notified of open events, so that these count as not notified; in
   * the same commit remembers `value` under `name`, for `WatchStore.recall`.
   */
  forgetNotifiedOpen(rules: readonly number[], name: string, value: string): Promise<void>
  /** Events of which a rule asked to be asked again by now, as they are now. */
  listDue(now: number, limit: number): Promise<EventMoment[]>
  listNotified(event: number): Promise<NotifiedRow[]>
  /**
   * In one commit; changes that another process has settled already are left out. At most one change of an
   * event at a time.
   */
  settle(decided: readonly Decided[], now: number): Promise<void>
  /** Oldest first; of each target the `perTarget` oldest, so that one that fails hides none of the others. */
  listWaiting(perTarget: number): Promise<WaitingNotification[]>
  /** Notifications taken since, outside of digests, by channel and target. */
  countSent(since: number): Promise<{ channel: string; target: string; total: number }[]>
  /**
   * Before they are sent: makes one digest of notifications, or with its own uid a single of one, for good.
   */
  bind(notifications: readonly number[], digest: string): Promise<void>
  /** Notes an attempt at every notification of it, and what becomes of them. */
  note(attempt: Attempt): Promise<void>
  /** Moves waiting notifications of a digest that is too large to another digest, due at `due`. */
  split(notifications: readonly number[], digest: string, due: number): Promise<void>
  /**
   * The clock of this machine was set forward by this many seconds (less than 0: back): waiting times are
   * shifted with it, so that no pause, delay or age contains the jump.
   */
  shiftTimes(seconds: number): Promise<void>
  /** Times that a wrong clock has written, in the future of `now`, are changed to `now`. */
  clampTimes(now: number): Promise<void>
  /** Targets with an attempt since that time, and how they do. */
  listTargetStates(since: number): Promise<TargetState[]>
}
