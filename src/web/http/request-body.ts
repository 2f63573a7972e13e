import { HttpError } from './route.ts'

/** Forms are small; a body beyond this is refused. */
export const MAX_FORM_BYTES = 64 * 1024

/**
 * Reads the body of a POST as the fields of a form. Throws an HttpError for anything else than a small form.
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const { type, text } = await readSmall(request)
  if (text === '') return new URLSearchParams()
  if (type !== 'application/x-www-form-urlencoded')
    throw new HttpError(415, 'Expected a form (application/x-www-form-urlencoded).')
  return new URLSearchParams(text)
}

/**
 * Reads the body of a request to the API: null when there is none. Throws an HttpError for anything else than
 * a little JSON.
 */
export async function readJson(request: Request): Promise<unknown> {
  const { type, text } = await readSmall(request)
  if (text === '') return null
  // A browser asks before it sends this type to another site; a form can't send it at all.
  if (type !== 'application/json') throw new HttpError(415, 'Expected JSON (application/json).')
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'The body is not valid JSON.')
  }
}

async function readSmall(request: Request): Promise<{ type: string; text: string }> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_FORM_BYTES) throw tooLarge()
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const text = await request.text()
  if (text.length > MAX_FORM_BYTES) throw tooLarge()
  return { type, text }
}

const tooLarge = () => new HttpError(413, `A body holds at most ${MAX_FORM_BYTES} bytes.`)

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
