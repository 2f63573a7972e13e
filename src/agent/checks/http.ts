import { type CheckSettings, parseStatusRanges } from '../../domain/check.ts'
import type { Clock } from '../../lib/clock.ts'
import { VERSION } from '../../lib/version.ts'
import type { CheckContext } from './context.ts'
import { type HttpHead, readBody, readHead, watchBody } from './http-message.ts'
import { type CheckOutcome, outcome } from './outcome.ts'
import { openStream, type Stream } from './stream.ts'

const MAX_HEAD = 64 * 1024
const MAX_BODY = 256 * 1024
const MAX_REDIRECTS = 5

/** Requests a page and compares the answer with the expected one. */
export async function checkHttp(settings: CheckSettings, context: CheckContext): Promise<CheckOutcome> {
  const { clock } = context
  const beganMs = clock.monotonicMs()
  let url = new URL(settings.target ?? '')
  let certificateEnds: number | null = null
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(url, settings, context)
    if (answer.certificateEnds !== null)
      certificateEnds = Math.min(certificateEnds ?? Number.POSITIVE_INFINITY, answer.certificateEnds)
    const finish = (failure: string | null) =>
      outcome({ failure, certificateEnds, milliseconds: answer.atMs - beganMs })
    if ('distrust' in answer) return finish(answer.distrust)
    const next = settings.followRedirects ? findRedirect(answer.head, url) : null
    if (next === null) return finish(evaluate(answer, settings))
    if (redirects >= MAX_REDIRECTS) return finish(`there are more than ${MAX_REDIRECTS} redirects`)
    if (typeof next === 'string') return finish(next)
    url = next
  }
}

type HttpAnswer = Arrived & { readonly head: HttpHead; readonly body: string }

type Arrived = {
  readonly certificateEnds: number | null
  /** When all that the check needs had arrived, in milliseconds of the monotonic clock. */
  readonly atMs: number
}

async function ask(
  url: URL,
  settings: CheckSettings,
  { clock, signal, authorities }: CheckContext,
): Promise<HttpAnswer | (Arrived & { readonly distrust: string })> {
  const usesTls = url.protocol === 'https:'
  const stream = await openStream({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (usesTls ? 443 : 80)),
    ipVersion: settings.ipVersion,
    tls: usesTls ? { authorities } : null,
    timeoutMs: settings.timeout * 1000,
    signal,
    clock,
  })
  try {
    const { certificateEnds, distrust } = stream
    if (distrust !== null) return { distrust, certificateEnds, atMs: clock.monotonicMs() }
    stream.write(
      [
        `GET ${url.pathname}${url.search} HTTP/1.1`,
        `Host: ${url.host}`,
        `User-Agent: monitor/${VERSION}`,
        'Accept: */*',
        'Accept-Encoding: identity',
        'Connection: close',
        '\r\n',
      ].join('\r\n'),
    )
    const begin = await stream.read(MAX_HEAD, (received) => readHead(received) !== null)
    const head = readHead(begin)
    if (head === null) throw new Error(describeNoHead(begin, usesTls))
    const wantsBody = settings.expectText !== null && findRedirect(head, url) === null
    if (!wantsBody) {
      const atMs = clock.monotonicMs()
      await drain(stream, head, clock)
      return { head, body: '', certificateEnds, atMs }
    }
    const all = await stream.read(head.length + MAX_BODY, watchBody(head))
    return { head, body: readBody(head, all), certificateEnds, atMs: clock.monotonicMs() }
  } finally {
    stream.close()
  }
}

/** A page that announces a size up to this is read to its end although nobody looks at it. */
const MAX_DRAINED = 64 * 1024
const DRAIN_MS = 1000

/**
 * Closing with a small page unread would reset the connection, which servers log. Never rejects: the outcome of the
 * check is known already.
 */
async function drain(stream: Stream, head: HttpHead, clock: Clock): Promise<void> {
  const size = Number(head.headers.get('content-length') ?? Number.NaN)
  if (!(size <= MAX_DRAINED)) return
  const patience = Promise.withResolvers<void>()
  const timer = clock.after(DRAIN_MS, patience.resolve)
  const rest = stream.read(head.length + size, watchBody(head))
  await Promise.race([rest.catch(() => {}), patience.promise])
  timer.cancel()
}

/** The first byte of an alert, by which a port with TLS answers a plain request. */
const TLS_ALERT = 0x15

function describeNoHead(received: Uint8Array, usesTls: boolean): string {
  if (!usesTls && received[0] === TLS_ALERT)
    return 'that port speaks TLS: the target has to begin with https://'
  if (received.length > 0) return 'the answer is not HTTP'
  return `the server closed without an answer${usesTls ? '' : '; if it speaks TLS, the target begins with https://'}`
}

/**
 * The target of a redirect; a sentence when it is not a valid target, null when the answer is not a redirect.
 */
function findRedirect({ status, headers }: HttpHead, from: URL): URL | string | null {
  const location = headers.get('location')
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return null
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return `it redirects to ${JSON.stringify(location)}`
  return url
}

function evaluate({ head, body }: HttpAnswer, { expectStatus, expectText }: CheckSettings): string | null {
  const { status } = head
  const ranges = parseStatusRanges(expectStatus) ?? []
  if (!ranges.some(({ first, last }) => status >= first && status <= last))
    return `HTTP status ${status}, expected ${expectStatus}`
  return expectText === null || body.includes(expectText)
    ? null
    : `the page does not contain ${JSON.stringify(expectText)}`
}
