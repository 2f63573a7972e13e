import type { Clock } from '../../lib/clock.ts'
import { ReaderGoneError } from '../../lib/reader.ts'
import { HttpError } from './route.ts'

/** Forms are small; a larger body is rejected. */
export const MAX_FORM_BYTES = 64 * 1024
/** A body has to be complete within this time, or its connection is closed. */
export const BODY_LIMIT_MS = 30_000

type BodyClock = Pick<Clock, 'after'>

/**
 * Reads the body of a POST as the fields of a form. Throws an HttpError for anything else than a small form.
 */
export async function readForm(request: Request, clock: BodyClock): Promise<URLSearchParams> {
  const { type, text } = await readSmall(request, clock)
  if (text === '') return new URLSearchParams()
  if (type !== 'application/x-www-form-urlencoded')
    throw new HttpError(415, 'Expected a form (application/x-www-form-urlencoded).')
  return new URLSearchParams(text)
}

/**
 * Reads the body of a request to the API: null when there is none. Throws an HttpError for anything else than
 * a little JSON.
 */
export async function readJson(request: Request, clock: BodyClock): Promise<unknown> {
  const { type, text } = await readSmall(request, clock)
  if (text === '') return null
  // A browser asks before it sends this type to another site; a form can't send it at all.
  if (type !== 'application/json') throw new HttpError(415, 'Expected JSON (application/json).')
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'The body is not valid JSON.')
  }
}

async function readSmall(request: Request, clock: BodyClock): Promise<{ type: string; text: string }> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_FORM_BYTES) throw tooLarge()
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const bytes = request.body === null ? [] : await readPieces(request.body, clock)
  return { type, text: new TextDecoder().decode(Buffer.concat(bytes)) }
}

/**
 * Reads piece by piece: the runtime would gather a body without a declared length up to its own bound before it
 * gave us any of it, which many connections at once make into a lot of memory.
 */
async function readPieces(body: ReadableStream<Uint8Array>, clock: BodyClock): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  const reader = body.getReader()
  const late = Promise.withResolvers<'late'>()
  const timer = clock.after(BODY_LIMIT_MS, () => late.resolve('late'))
  try {
    for (let size = 0; ; ) {
      const read = await Promise.race([reader.read(), late.promise])
      if (read === 'late') throw new HttpError(408, 'The body of the request took too long.', CLOSE)
      if (read.done) return pieces
      size += read.value.length
      if (size > MAX_FORM_BYTES) throw tooLarge()
      pieces.push(read.value)
    }
  } catch (error) {
    // It is not awaited: where the client sends no more, its end never comes.
    reader.cancel().catch(() => {})
    // The client went away in the middle of its request.
    throw error instanceof HttpError ? error : new ReaderGoneError()
  } finally {
    timer.cancel()
  }
}

/** The rest of the body is not read, so the connection can't be reused. */
const CLOSE = { connection: 'close' }

const tooLarge = () => new HttpError(413, `A body holds at most ${MAX_FORM_BYTES} bytes.`, CLOSE)

/**
 * The path to go to after signing in: one of ours, or `/`. Only the browser's own reading of a text counts
 * (it takes `//x`, `/\x` and a tab between the slashes for another site), so it is parsed and taken apart,
 * never compared as text.
 */
export function readLocalPath(text: string | null): string {
  if (text === null || text.length > 2000 || !text.startsWith('/')) return '/'
  const base = 'http://local.invalid'
  if (!URL.canParse(text, base)) return '/'
  const url = new URL(text, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  if (/^\/(login|logout|live|api|assets|healthz)(\/|$)/.test(url.pathname)) return '/'
  return url.pathname + url.search + url.hash
}
