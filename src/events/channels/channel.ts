import type { Fields, ValuesOf } from '../../config/fields/fields.ts'
import type { Message } from '../../domain/notifications/notification.ts'
import type { NotifiedEvent } from '../../domain/notifications/notified-event.ts'
import type { NotificationKind } from '../../domain/notifications/rule.ts'
import type { AddressRange } from '../../lib/address-range.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'

/** One message to one target. */
export type Notification = {
  /**
   * The same at every attempt to send it and different for every notification, so that a receiver recognises
   * a repetition. Letters, digits, dots and hyphens only. Sent as Message-ID or idempotency key.
   */
  readonly id: string
  readonly kind: NotificationKind | 'digest' | 'test'
  /** An address as the channel understands it. */
  readonly target: string
  readonly words: Message
  /** One event, those of a digest, or none for a test. */
  readonly events: readonly NotificationEvent[]
  /** Name of the rule; null for a test, or a digest of several. */
  readonly rule: string | null
  /** Page of the event; null when the address of the website is not known. */
  readonly link: string | null
}

export type NotificationEvent = NotifiedEvent

/** The tools of a channel besides its settings. */
export type ChannelTools = {
  readonly clock: Clock
  readonly log: Log
  /** Full name of this machine where it has one, else its host name. */
  readonly machine: string
  /** Addresses that are refused by default but allowed by the configuration. */
  readonly allowAddresses: readonly AddressRange[]
}

/** A channel that is ready to send. */
export type OpenChannel = {
  /**
   * Resolves with the receiver's answer, short, when it took the notification; throws a `SendError` else.
   * Never retries. Ends within ten minutes: a slow receiver is not a failed one.
   */
  send(notification: Notification): Promise<string>
  close(): void
}

/**
 * One way to deliver notifications. It only transports: content, targets and repetition are decided
 * elsewhere.
 */
export type Channel<Settings = never> = {
  readonly name: string
  readonly doc: string
  /** The form of a target, for forms and messages: `one or several e-mail addresses`. */
  readonly targetDoc: string
  /** The section of the configuration that has the channel's name; there is none when it is empty. */
  readonly fields: Fields
  /** What was expected of the target; null when it is valid. */
  checkTarget(target: string): string | null
  /**
   * The targets that get notifications of their own, so that one that refuses keeps none from the others; the
   * target itself unless given.
   */
  splitTarget?(target: string): readonly string[]
  /** What its settings lack so that it can send, as a sentence without a full stop; null where nothing is missing. */
  findMissing?(settings: Settings): string | null
  /** Takes of all channels' settings, by the channel's name, its own. */
  open(settings: Settings, tools: ChannelTools): OpenChannel
}

/** A channel that knows the type of its own settings. */
export type DefinedChannel<N extends string, F extends Fields> = Channel<{
  readonly [K in N]: ValuesOf<F>
}> & {
  readonly name: N
  readonly fields: F
}

/** `open` and `findMissing` of the definition are given the values of the channel's own section. */
export function defineChannel<const N extends string, const F extends Fields>(
  channel: Omit<DefinedChannel<N, F>, 'open' | 'findMissing'> & {
    findMissing?(settings: ValuesOf<F>): string | null
    open(settings: ValuesOf<F>, tools: ChannelTools): OpenChannel
  },
): DefinedChannel<N, F> {
  return {
    ...channel,
    findMissing: (settings) => channel.findMissing?.(settings[channel.name]) ?? null,
    open: (settings, tools) => channel.open(settings[channel.name], tools),
  }
}

export type SendErrorOptions = {
  /**
   * False when it can never succeed: the target itself is wrong. What a person or a server can put right is
   * tried again.
   */
  readonly retry: boolean
  /** Seconds that the receiver asks us to wait; null when it did not ask. */
  readonly retryAfter?: number | null
  /** The receiver may have taken it though no answer came: it must not be sent many times over. */
  readonly isUncertain?: boolean
  /** The receiver takes shorter messages: a digest is split. */
  readonly isTooLarge?: boolean
  /** The receiver's answer as it came, cut short, for the channel alone: it is neither stored nor logged. */
  readonly body?: string
  readonly cause?: unknown
}

/** A notification that was not delivered. The message says what to do and contains no secret. */
export class SendError extends Error {
  readonly retry: boolean
  readonly retryAfter: number | null
  readonly isUncertain: boolean
  readonly isTooLarge: boolean
  readonly body: string

  constructor(message: string, options: SendErrorOptions) {
    super(message, { cause: options.cause })
    this.name = 'SendError'
    this.retry = options.retry
    this.retryAfter = options.retryAfter ?? null
    this.isUncertain = options.isUncertain ?? false
    this.isTooLarge = options.isTooLarge ?? false
    this.body = options.body ?? ''
  }
}

/** The longest answer that is kept, in characters. */
export const MAX_ANSWER = 500

/** One line of bounded length, with every secret in it covered. */
export function tidyAnswer(text: string, secrets: readonly (string | null)[]): string {
  let tidy = text
  for (const secret of secrets)
    if (secret !== null && secret !== '') tidy = tidy.replaceAll(secret, '********')
  return tidy
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_ANSWER)
}

/** Cuts a text that a receiver would refuse for its length, in characters as JavaScript counts them. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
