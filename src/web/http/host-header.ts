import { HttpError } from './route.ts'

/** A name or address, with a port or without. */
const FORM = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/

/** Whether a Host header names one host; two headers arrive as one with a comma. */
export const isHostHeader = (host: string): boolean => FORM.test(host)

/**
 * Throws an HttpError for a Host header that names no host, or more than one: a proxy before us and we could each
 * take another for the true one. None at all is fine.
 */
export function requireOneHost(headers: Headers): void {
  const host = headers.get('host')
  if (host !== null && host !== '' && !isHostHeader(host))
    throw new HttpError(400, 'The Host header has to name one host.')
}
