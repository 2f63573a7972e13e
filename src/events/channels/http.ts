import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import { type ChannelTools, SendError, tidyAnswer } from './channel.ts'
import { findReceiver } from './receiver-address.ts'

/** Longest wait for the status of an answer: a receiver that takes its time gets one copy. */
export const HTTP_LIMIT_MS = 60_000
/** Longest wait for the rest of an answer, which changes nothing any more. */
export const HTTP_BODY_LIMIT_MS = 5000

/** Of an answer no more than this is read. */
const MAX_BODY = 4096

/** A receiver that asks for more patience than this is asked again then. */
const MAX_RETRY_AFTER = 86_400

export type PostOptions = {
  readonly headers?: Readonly<Record<string, string>>
  /** Texts that no message may hold. The path and query of the address are covered anyway. */
  readonly secrets?: readonly (string | null)[]
  /** Certificates in PEM that the receiver is checked by, in place of those that everybody trusts. */
  readonly ca?: string | null
  /** The configuration names the address, so that it may be any; else it was typed by a person. */
  readonly isConfigured?: boolean
}

/**
 * Posts JSON and returns the answer's status when it is 2xx; otherwise throws a `SendError`. The rest of the
 * answer is shown only when the configuration names the receiver: an address that a person typed may lead to
 * a page that this person may not see. Redirects are not followed: they would carry the notification and its
 * signature somewhere else.
 */
export async function postJson(
  address: string,
  body: string,
  tools: Pick<ChannelTools, 'clock' | 'allowAddresses'>,
  { headers = {}, secrets = [], ca = null, isConfigured = false }: PostOptions = {},
): Promise<string> {
  if (checkHttpAddress(address) !== null)
    throw new SendError('the target is no address of the web: correct it in the rule', { retry: false })
  const url = new URL(address)
  const hidden = [...secrets, ...secretParts(url)]
  const patience = new AbortController()
  const timer = tools.clock.after(HTTP_LIMIT_MS, () => patience.abort())
  try {
    const receiver = isConfigured ? null : await findReceiver(url.hostname, tools.allowAddresses)
    const response = await fetch(withoutSignIn(url, receiver), {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: patience.signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'monitor',
        ...signIn(url),
        ...headers,
        ...(receiver !== null && { host: url.host }),
      },
      tls: {
        ...(receiver !== null && isName(url.hostname) && { serverName: url.hostname }),
        ...(ca !== null && { ca }),
      },
    })
    timer.cancel()
    const received = isConfigured ? await readSome(response, tools.clock) : drop(response)
    const answer = isConfigured ? tidyAnswer(received, hidden) : ''
    if (response.ok) return `${response.status} ${answer}`.trim()
    throw rejection(url, response, { answer, body: received, now: tools.clock.now() })
  } catch (error) {
    if (error instanceof SendError) throw error
    if (patience.signal.aborted)
      throw new SendError(`${url.host} did not answer within ${HTTP_LIMIT_MS / 1000} seconds`, {
        retry: true,
        isUncertain: true,
      })
    const reason = tidyAnswer(describeError(error), [address, ...hidden])
    const mayNeedTls = url.protocol === 'http:' && error instanceof Error && /^ECONNRESET/.test(error.message)
    const advice = mayNeedTls ? '; if it speaks TLS, the address begins with https://' : ''
    throw new SendError(`${url.host} can't be reached: ${reason}${advice}`, { retry: true })
  } finally {
    timer.cancel()
  }
}

/** What was expected of an origin; null when it is valid. */
export function checkOrigin(text: string): string | null {
  const isOrigin = checkHttpAddress(text) === null && new URL(text).origin === text.replace(/\/$/, '')
  return isOrigin ? null : 'origins such as "https://example.org" or "https://example.org:8443"'
}

/** Whether secrets may be sent to the address: the configuration has to name its origin. */
export const isOwnOrigin = (address: string, origins: readonly string[]): boolean =>
  URL.canParse(address) && origins.some((origin) => new URL(origin).origin === new URL(address).origin)

/** What was expected of the address of an HTTP receiver; null when it is valid. */
export function checkHttpAddress(address: string): string | null {
  const url = URL.canParse(address) && address.length <= 2000 ? new URL(address) : null
  const isRight = url !== null && ['http:', 'https:'].includes(url.protocol) && !/\s/.test(address)
  return isRight ? null : 'an address such as "https://example.org/path"'
}

/**
 * Every status is retried: a wrong path or password can be corrected, and the notification is still wanted.
 */
function rejection(
  url: URL,
  response: Response,
  { answer, body, now }: { readonly answer: string; readonly body: string; readonly now: number },
): SendError {
  const { status } = response
  const said = `${url.host} answered ${status}${answer === '' ? '' : `: ${answer}`}`
  const advice =
    status >= 300 && status < 400
      ? 'it points elsewhere, so give the address that it points to'
      : ADVICE[status]
  return new SendError(advice === undefined ? said : `${said}; ${advice}`, {
    retry: true,
    retryAfter: parseRetryAfter(response.headers.get('retry-after'), now),
    isTooLarge: status === 413,
    body,
  })
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'check the sign-in',
  403: 'check the sign-in',
  404: 'check the address',
  410: 'check the address',
  413: 'it takes shorter notifications only',
}

/** Seconds, given as a number or as a date (RFC 9110 10.2.3). */
function parseRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil(Date.parse(text) / 1000) - now
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER) : null
}

/**
 * The part of the body that arrives in time, at most `MAX_BODY` bytes. Never rejects: the status alone
 * decides.
 */
async function readSome(response: Response, clock: Clock): Promise<string> {
  if (response.body === null) return ''
  const pieces: Uint8Array[] = []
  const reader = response.body.getReader()
  const late = Promise.withResolvers<{ done: true; value: undefined }>()
  const timer = clock.after(HTTP_BODY_LIMIT_MS, () => late.resolve({ done: true, value: undefined }))
  try {
    for (let size = 0; size < MAX_BODY; ) {
      const { done, value } = await Promise.race([reader.read(), late.promise])
      if (done) break
      pieces.push(value)
      size += value.length
    }
  } catch {
    // A body that breaks off leaves what came of it.
  } finally {
    timer.cancel()
    // Not awaited: a connection that hangs would make its end hang, too.
    reader.cancel().catch(() => {})
  }
  return new TextDecoder().decode(Buffer.concat(pieces).subarray(0, MAX_BODY))
}

/** The answer is not shown, so it is not awaited. */
function drop(response: Response): string {
  response.body?.cancel().catch(() => {})
  return ''
}

/** Many services put their secret into the path or the query. */
function secretParts(url: URL): string[] {
  const parts = [url.pathname, url.search, url.password, decode(url.password)]
  return parts.filter((part) => part.length > 1)
}

function signIn(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const credentials = Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString('base64')
  return { authorization: `Basic ${credentials}` }
}

/** A TLS handshake may contain a name but not an address (RFC 6066). */
const isName = (host: string) => !/^\[|^[\d.]+$/.test(host)

/** At the address that was looked at, when there is one. */
function withoutSignIn(url: URL, receiver: string | null): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  if (receiver !== null) plain.hostname = receiver.includes(':') ? `[${receiver}]` : receiver
  return plain.href
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
