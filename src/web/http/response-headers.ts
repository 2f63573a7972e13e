import { COMPRESS_FROM_BYTES, chooseEncoding, compress } from '../assets/compress.ts'
import type { JsonBytes } from './route.ts'

/**
 * On every answer, whatever it is. Nothing of ours needs inline script or style, frames, or another origin.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

const COMPRESSIBLE = /^(text\/(?!event-stream)|application\/json|image\/svg)/

/**
 * Adds the headers of every response: security headers, and no caching unless the response sets it.
 * Compresses the body where it pays.
 */
export async function finishResponse(response: Response, acceptEncoding: string | null): Promise<Response> {
  const headers = response.headers
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  if (
    !response.body ||
    !COMPRESSIBLE.test(headers.get('content-type') ?? '') ||
    headers.has('content-encoding')
  )
    return response
  headers.set('vary', 'Accept-Encoding')
  const encoding = chooseEncoding(acceptEncoding)
  if (encoding === null) return response
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.length < COMPRESS_FROM_BYTES) return new Response(bytes, { status: response.status, headers })
  headers.set('content-encoding', encoding)
  return new Response(compress(bytes, encoding), { status: response.status, headers })
}

const JSON_HEADERS = {
  ...SECURITY_HEADERS,
  'cache-control': 'no-store',
  'content-type': 'application/json',
  vary: 'Accept-Encoding',
}

/** The same answer for a body that is at hand. Rows of numbers are hardly shorter for more effort than `fast`. */
export function finishJson({ bytes }: JsonBytes, acceptEncoding: string | null): Response {
  const encoding = bytes.length < COMPRESS_FROM_BYTES ? null : chooseEncoding(acceptEncoding)
  if (encoding === null) return new Response(bytes, { headers: JSON_HEADERS })
  return new Response(compress(bytes, encoding, 'fast'), {
    headers: { ...JSON_HEADERS, 'content-encoding': encoding },
  })
}
