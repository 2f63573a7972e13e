import type { Notification } from './channel.ts'

/** A mail as the library takes it. */
export type MailMessage = {
  readonly from: string
  readonly to: string[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly messageId: string
  readonly date: Date
  readonly headers: Readonly<Record<string, string>>
}

/** The notification's id makes the Message-ID, so that a mail that arrives twice is known as one. */
export function writeMail(
  notification: Notification,
  from: string,
  to: string[],
  nowMs: number,
): MailMessage {
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    from,
    to,
    subject: notification.words.subject,
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

/** All mails about one event are shown together. */
function threadHeaders({ events }: Notification, domain: string): Record<string, string> {
  const [event] = events
  return event !== undefined && events.length === 1 ? { References: `<event-${event.id}@${domain}>` } : {}
}
