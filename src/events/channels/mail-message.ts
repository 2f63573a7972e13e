import { writeOriginalSubject } from '../../domain/notifications/notified-event.ts'
import type { Notification } from './channel.ts'

/** A mail as the library takes it. */
export type MailMessage = {
  readonly from: string
  /** As objects: of a text without `@`, such as `root`, the library makes a name without an address. */
  readonly to: { readonly name: string; readonly address: string }[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly messageId: string
  readonly date: Date
  readonly headers: Readonly<Record<string, string>>
}

export type MailOptions = {
  readonly from: string
  readonly to: string[]
  /** Milliseconds since 1970. */
  readonly nowMs: number
  readonly subject: 'sentence' | 'original'
}

/** The notification's id makes the Message-ID, so that a mail that arrives twice is known as one. */
export function writeMail(notification: Notification, options: MailOptions): MailMessage {
  const { from, to, nowMs } = options
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    from,
    to: to.map((address) => ({ name: '', address })),
    subject: chooseSubject(notification, options),
    text: notification.words.text,
    html: notification.words.html,
    messageId: `<${notification.id}@${domain}>`,
    date: new Date(nowMs),
    headers: {
      // Keeps holiday replies away (RFC 3834), for Exchange in its own words.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...threadHeaders(notification, domain),
    },
  }
}

/** The original has no subject for a digest or a test, which are not about one event. */
function chooseSubject({ events, words }: Notification, { subject }: MailOptions): string {
  const [event] = events
  return subject === 'original' && event !== undefined && events.length === 1
    ? writeOriginalSubject(event)
    : words.subject
}

/** All mails about one event are shown together. */
function threadHeaders({ events }: Notification, domain: string): Record<string, string> {
  const [event] = events
  return event !== undefined && events.length === 1 ? { References: `<event-${event.id}@${domain}>` } : {}
}
