/**
 * The cookies that we set in browsers: the session, and the mark of a browser from which a user has signed in
 * before.
 */
export type CookieKind = 'session' | 'device'

/** Where the browser of a request is, as far as cookies depend on it. */
export type CookiePlace = {
  /** The Host header. */
  readonly host: string
  /** The browser uses HTTPS. */
  readonly isSecure: boolean
  /** The path below which the website is served, without a slash at its end; empty for none. */
  readonly basePath: string
}

/**
 * The name of a cookie of ours. Cookies know no ports, so the port is in the name: another program on the same machine
 * has cookies of its own. Over HTTPS the prefix has browsers refuse it from anybody but this very host over HTTPS.
 * Browsers take that prefix with the path `/` only, so a website below a path has the other one, which promises HTTPS.
 */
export function cookieName(kind: CookieKind, { host, isSecure, basePath }: CookiePlace): string {
  const port = /:(\d{1,5})$/.exec(host)?.[1] ?? (isSecure ? '443' : '80')
  const prefix = !isSecure ? '' : basePath === '' ? '__Host-' : '__Secure-'
  return `${prefix}monitor-${kind}-${port}`
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
export const cookieAttributes = ({ isSecure, basePath }: Omit<CookiePlace, 'host'>) =>
  `Path=${basePath === '' ? '/' : basePath}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
