import { list, secret } from '../../config/fields/fields.ts'
import type { Severity } from '../../domain/event.ts'
import { defineChannel, type Notification, shorten } from './channel.ts'
import { checkHttpAddress, checkOrigin, isOwnOrigin, postJson } from './http.ts'

const PRIORITIES: Readonly<Record<Severity, number>> = { 1: 5, 2: 4, 3: 3, 4: 2 }

/** The server turns a longer message, 4096 bytes, into a file. */
const MAX_BYTES = 4000

/** ntfy.sh or a server of one's own. */
export const ntfy = defineChannel({
  name: 'ntfy',
  doc: 'An ntfy topic.',
  targetDoc: 'the address of a topic, such as "https://ntfy.sh/my-topic"',
  fields: {
    token: secret({
      example: 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2',
      doc: 'Access token, for a topic that is not open; it goes to the servers of `origins` alone.',
    }),
    origins: list({
      default: ['https://ntfy.sh'],
      doc: 'To which servers the token may go.',
      check: checkOrigin,
    }),
    ca: secret({
      example: '-----BEGIN CERTIFICATE----- …',
      doc: 'Certificates (PEM) that servers are checked by, in place of those that everybody trusts.',
    }),
  },
  checkTarget: (target) =>
    checkHttpAddress(target) === null && splitTopic(target).topic !== ''
      ? null
      : 'the address of a topic, such as "https://ntfy.sh/my-topic"',
  open: (settings, tools) => ({
    send(notification) {
      const { server, topic } = splitTopic(notification.target)
      const headers: Record<string, string> =
        settings.token === null || !isOwnOrigin(server, settings.origins)
          ? {}
          : { authorization: `Bearer ${settings.token}` }
      return postJson(server, JSON.stringify({ topic, ...describeNotification(notification) }), tools, {
        headers,
        // Anybody who knows the name of an open topic may read it.
        secrets: [settings.token, topic],
        ca: settings.ca,
      })
    },
    close() {},
  }),
})

/** Its JSON is posted to the server, with the topic inside: headers take no letters beyond ASCII. */
function splitTopic(target: string): { server: string; topic: string } {
  const url = new URL(target)
  const parts = url.pathname.split('/').filter((part) => part !== '')
  const topic = parts.pop() ?? ''
  url.pathname = `/${parts.join('/')}`
  url.search = ''
  return { server: url.href, topic }
}

function describeNotification({ words, events, link }: Notification) {
  const open = events.filter((event) => event.status === 'open').map((event) => event.severity)
  return {
    title: shorten(words.subject, 250),
    message: shortenBytes(words.details.trim(), MAX_BYTES),
    priority: open.length > 0 ? PRIORITIES[Math.min(...open) as Severity] : 3,
    tags: [open.length > 0 ? 'rotating_light' : events.length > 0 ? 'white_check_mark' : 'wave'],
    ...(link === null ? {} : { click: link }),
  }
}

function shortenBytes(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  // A character that was cut through is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, most - 3), { stream: true })}…`
}
