import { secret } from '../../config/fields/fields.ts'
import type { Severity } from '../../domain/event.ts'
import { defineChannel, type Notification, shorten } from './channel.ts'
import { checkHttpAddress, postJson } from './http.ts'

const COLOURS: Readonly<Record<Severity, string>> = { 1: '#D9534F', 2: '#F47C3C', 3: '#FFC107', 4: '#7B8894' }
const CLOSED_COLOUR = '#5CB85C'

/** Discord takes 2000 characters of text and 4096 in an attachment; Slack and Mattermost take more. */
const MAX_TITLE = 1900
const MAX_TEXT = 3500

/**
 * Incoming webhooks of Slack and Mattermost, and those of Discord with `/slack` at the end of the address.
 */
export const slack = defineChannel({
  name: 'slack',
  doc: 'A Slack, Mattermost or Discord channel.',
  targetDoc: 'the address of an incoming webhook (for Discord with /slack at its end)',
  fields: {
    ca: secret({
      example: '-----BEGIN CERTIFICATE----- …',
      doc: 'Certificates (PEM) that servers are checked by, in place of those that everybody trusts.',
    }),
  },
  checkTarget: checkHttpAddress,
  open: ({ ca }, tools) => ({
    send: (notification) =>
      postJson(notification.target, JSON.stringify(describeNotification(notification)), tools, { ca }),
    close() {},
  }),
})

function describeNotification({ words, events, link }: Notification) {
  const open = events.filter((event) => event.status === 'open').map((event) => event.severity)
  const worst = Math.min(...open) as Severity
  return {
    text: escapeMarkup(shorten(words.subject, MAX_TITLE)),
    attachments: [
      {
        fallback: escapeMarkup(shorten(words.subject, MAX_TITLE)),
        color: open.length > 0 ? COLOURS[worst] : events.length > 0 ? CLOSED_COLOUR : COLOURS[4],
        text: escapeMarkup(shorten(words.details, MAX_TEXT)),
        ...(link === null ? {} : { title: 'Open in monitor', title_link: link }),
      },
    ],
  }
}

/** The three characters that begin markup, mentions of everybody among it. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
