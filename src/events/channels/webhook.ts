import { list, secret } from '../../config/fields/fields.ts'
import { defineChannel, SendError } from './channel.ts'
import { checkHttpAddress, checkOrigin, isOwnOrigin, postJson } from './http.ts'
import { describeWebhook } from './webhook-body.ts'

/** Receivers commonly accept bodies up to a few hundred KiB; a larger digest is split. */
const MAX_BODY_BYTES = 64 * 1024

const HEADER = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x20-\x7E]*)$/

/**
 * JSON to any address, in the form that `webhook.schema.json` describes. The header `Idempotency-Key` is the
 * notification's id; with a secret `X-Monitor-Signature` is `sha256=` and the HMAC-SHA256 of the body in
 * hexadecimal digits.
 */
export const webhook = defineChannel({
  name: 'webhook',
  doc: 'JSON, posted to a URL.',
  targetDoc: 'an address such as "https://example.org/path"',
  fields: {
    headers: list({
      example: ['X-Team: operations'],
      doc: 'Headers to send along, each as "Name: value", to the addresses of `origins` alone.',
      check: (item) => (HEADER.test(item) ? null : 'headers such as "X-Team: operations"'),
      // The value of a header is often a secret; of a malformed header, all may be one.
      mask: (item) => item.replace(/^(?:([\w-]+):)?.*$/s, (_, name) => `${name ? `${name}: ` : ''}********`),
    }),
    secret: secret({
      example: 'a long random text',
      doc:
        'Signs what goes to the addresses of `origins`: X-Monitor-Signature is "sha256=" and the HMAC-SHA256 ' +
        'of the body.',
    }),
    origins: list({
      example: ['https://example.org'],
      doc: 'To which servers headers and signature may go; to others notifications go without them.',
      check: checkOrigin,
    }),
    ca: secret({
      example: '-----BEGIN CERTIFICATE----- …',
      doc: 'Certificates (PEM) that receivers are checked by, in place of those that everybody trusts.',
    }),
  },
  checkTarget: checkHttpAddress,
  open: (settings, tools) => ({
    async send(notification) {
      const body = JSON.stringify(describeWebhook(notification))
      if (Buffer.byteLength(body) > MAX_BODY_BYTES && notification.events.length > 1)
        throw new SendError(`the digest is longer than ${MAX_BODY_BYTES} bytes`, {
          retry: true,
          isTooLarge: true,
        })
      const isOwn = isOwnOrigin(notification.target, settings.origins)
      const own = (isOwn ? settings.headers : []).flatMap((line) => {
        const [, name, value] = HEADER.exec(line) ?? []
        return name === undefined || value === undefined ? [] : [[name, value] as const]
      })
      const headers: Record<string, string> = {
        ...Object.fromEntries(own),
        'idempotency-key': notification.id,
      }
      if (settings.secret !== null && isOwn)
        headers['x-monitor-signature'] =
          `sha256=${new Bun.CryptoHasher('sha256', settings.secret).update(body).digest('hex')}`
      const secrets = [settings.secret, ...own.map(([, value]) => value)]
      return postJson(notification.target, body, tools, { headers, secrets, ca: settings.ca })
    },
    close() {},
  }),
})
