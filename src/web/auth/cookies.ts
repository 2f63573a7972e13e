/**
 * The cookies that we set in browsers: the session, and the mark of a browser from which a user has signed in
 * before.
 */
export type CookieKind = 'session' | 'device'

/**
 * The name of a cookie of ours for who reaches us under `host`, a Host header. Cookies know no ports, so the
 * port is in the name: another program on the same machine has cookies of its own. Over HTTPS the prefix has
 * browsers refuse it from anybody but this very host over HTTPS.
 */
export function cookieName(kind: CookieKind, host: string, isSecure: boolean): string {
  const port = /:(\d{1,5})$/.exec(host)?.[1] ?? (isSecure ? '443' : '80')
  return `${isSecure ? '__Host-' : ''}monitor-${kind}-${port}`
}

/** The value of a cookie of this name; null when it is not there or not of this form. */
export function readCookie(header: string | null, name: string, form: RegExp): string | null {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() !== name) continue
    const value = part.slice(at + 1).trim()
    return form.test(value) ? value : null
  }
  return null
}

/** Behind the value of a Set-Cookie line. */
export const cookieAttributes = (isSecure: boolean) =>
  `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
