import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/log.ts'
import { type ChannelTools, SendError, tidyAnswer } from './channel.ts'

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
}

/**
 * Posts JSON and gives the answer's body, cut short, when the status is 2xx, even if the body hangs; throws a
 * `SendError` else. Redirects are not followed: they would carry the notification, and what signs it,
 * somewhere else.
 */
export async function postJson(
  address: string,
  body: string,
  tools: Pick<ChannelTools, 'clock'>,
  { headers = {}, secrets = [] }: PostOptions = {},
): Promise<string> {
  if (checkHttpAddress(address) !== null)
    throw new SendError('the target is no address of the web: correct it in the rule', { retry: false })
  const url = new URL(address)
  const hidden = [...secrets, ...secretParts(url)]
  const patience = new AbortController()
  const timer = tools.clock.after(HTTP_LIMIT_MS, () => patience.abort())
  try {
    const response = await fetch(withoutSignIn(url), {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: patience.signal,
      headers: { 'content-type': 'application/json', 'user-agent': 'monitor', ...signIn(url), ...headers },
    })
    timer.cancel()
    const received = await readSome(response, tools.clock)
    const answer = tidyAnswer(received, hidden)
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
    throw new SendError(`${url.host} can't be reached: ${reason}`, { retry: true })
  } finally {
    timer.cancel()
  }
}

/** What the address of a receiver that speaks HTTP has to be; null when it is right. */
export function checkHttpAddress(address: string): string | null {
  const url = URL.canParse(address) && address.length <= 2000 ? new URL(address) : null
  const isRight = url !== null && ['http:', 'https:'].includes(url.protocol) && !/\s/.test(address)
  return isRight ? null : 'an address such as "https://example.org/path"'
}

/**
 * Every status is tried again: a wrong path or password is put right by somebody, and the notification is
 * still wanted.
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
  413: 'it takes shorter notices only',
}

/** Seconds, given as a number or as a date (RFC 9110 10.2.3). */
function parseRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil(Date.parse(text) / 1000) - now
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER) : null
}

/**
 * What comes of the body in time, at most `MAX_BODY` bytes. Never rejects: the status has said what counts.
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

function withoutSignIn(url: URL): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain.href
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
