import { describeError } from '../../lib/log.ts'
import { type ChannelTools, SendError, tidyAnswer } from './channel.ts'

/** Longest wait for the whole of an answer. */
export const HTTP_LIMIT_MS = 10_000

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
 * Posts JSON and gives the answer's body, cut short, when the status is 2xx; throws a `SendError` else. Redirects are not followed: they
 * would carry the notice, and what signs it, somewhere else.
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
    const answer = tidyAnswer(await readSome(response), hidden)
    if (response.ok) return `${response.status} ${answer}`.trim()
    throw rejection(url, response, answer)
  } catch (error) {
    if (error instanceof SendError) throw error
    if (patience.signal.aborted)
      throw new SendError(`${url.host} did not answer within ${HTTP_LIMIT_MS / 1000} seconds`, {
        retry: true,
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

function rejection(url: URL, response: Response, answer: string): SendError {
  const { status } = response
  const said = `${url.host} answered ${status}${answer === '' ? '' : `: ${answer}`}`
  if (status >= 300 && status < 400)
    return new SendError(`${said}; it points elsewhere, so give the address that it points to`, {
      retry: false,
    })
  const isBusy = [408, 425, 429].includes(status) || status >= 500
  const advice = ADVICE[status]
  return new SendError(advice === undefined ? said : `${said}; ${advice}`, {
    retry: isBusy,
    retryAfter: isBusy ? parseRetryAfter(response.headers.get('retry-after')) : null,
  })
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'check the sign-in',
  403: 'check the sign-in',
  404: 'check the address',
  410: 'check the address',
  413: 'it takes shorter notices only',
}

/** Seconds; the date that HTTP allows here too is not worth a clock that may differ. */
function parseRetryAfter(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Math.min(Number(text), MAX_RETRY_AFTER) : null
}

async function readSome(response: Response): Promise<string> {
  if (response.body === null) return ''
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = response.body.getReader()
  while (size < MAX_BODY) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    size += value.length
  }
  await reader.cancel()
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
