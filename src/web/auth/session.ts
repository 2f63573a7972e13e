import type { Clock } from '../../lib/clock.ts'
import { hashToken } from '../../lib/hash-token.ts'
import type { Session, SessionOrigin, SessionStore } from '../../storage/ports/store.ts'
import type { WriteAside } from './background-writes.ts'
import { cookieAttributes, cookieName, readCookie } from './cookies.ts'

/** 256 random bits. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/
/** A stay is prolonged at most this often, so that reading a page rarely writes. */
const EXTEND_EVERY_SECONDS = 60
/** The token of a form lives as long as its session, whose cookie is its key. */
const CSRF_LIFE_MS = 400 * 24 * 3600 * 1000

export type OpenSession = { readonly token: string; readonly session: Session }

/** The parts of a request that identify our cookie. */
export type CookieSource = {
  /** The Cookie header. */
  readonly cookies: string | null
  readonly host: string
  readonly isSecure: boolean
}

export type Beginning = SessionOrigin & {
  readonly isSecure: boolean
  /** The Host header: see `cookieName`. */
  readonly host: string
  /** The hash that the password was verified against, maybe minutes ago. */
  readonly passwordHash?: string | undefined
}

/**
 * Sessions by cookie. The database stores only the SHA-256 of the cookie. `isSecure`: the browser uses HTTPS,
 * so the cookie is never sent without it.
 */
export type Sessions = {
  /** The living session that a request's Cookie header names, its end moved on; null when there is none. */
  find(from: CookieSource): Promise<OpenSession | null>
  /** True while the session behind the cookie lives; prolongs nothing. */
  isAlive(token: string): Promise<boolean>
  /**
   * Creates a session with a random token of its own; `previous` ends. Returns the Set-Cookie line; null when
   * there is no such user, or the hash of the password is no longer `passwordHash`.
   */
  begin(user: string, previous: string | null, how: Beginning): Promise<string | null>
  /** Ends a session. Gives the Set-Cookie line that takes the cookie away. */
  end(token: string | null, from: Omit<CookieSource, 'cookies'>): Promise<string>
}

export type SessionsOptions = {
  readonly store: SessionStore
  readonly clock: Clock
  /** Seconds without a request after which a session ends. */
  readonly expiry: number
  readonly writeAside: WriteAside
  /** See `CookiePlace`. */
  readonly basePath: string
}

export function createSessions({ store, clock, expiry, writeAside, basePath }: SessionsOptions): Sessions {
  async function find({ cookies, host, isSecure }: CookieSource): Promise<OpenSession | null> {
    const token = readCookie(cookies, cookieName('session', { host, isSecure, basePath }), TOKEN)
    if (token === null) return null
    const now = clock.now()
    const hash = hashToken(token)
    const session = await store.find(hash, now)
    if (!session) return null
    const expires = now + expiry
    if (expires - session.expires < Math.min(EXTEND_EVERY_SECONDS, expiry / 2)) return { token, session }
    writeAside(hash, () => store.extend(hash, expires))
    return { token, session: { ...session, expires } }
  }

  return {
    find,
    isAlive: async (token) => (await store.find(hashToken(token), clock.now())) !== null,
    async begin(user, previous, { isSecure, host, passwordHash, ...origin }) {
      const now = clock.now()
      if (previous !== null) await store.delete(hashToken(previous))
      const token = crypto
        .getRandomValues(new Uint8Array(32))
        .toBase64({ alphabet: 'base64url', omitPadding: true })
      const expires = now + expiry
      const isBegun = await store.add({
        tokenHash: hashToken(token),
        user,
        created: now,
        expires,
        origin,
        passwordHash,
      })
      if (!isBegun) return null
      return `${cookieName('session', { host, isSecure, basePath })}=${token}; ${cookieAttributes({ isSecure, basePath })}`
    },
    async end(token, { host, isSecure }) {
      if (token !== null) await store.delete(hashToken(token))
      return `${cookieName('session', { host, isSecure, basePath })}=; ${cookieAttributes({ isSecure, basePath })}; Max-Age=0`
    },
  }
}

/**
 * A token for the forms of one session. It is signed with the cookie, which another site can't read, and
 * differs each time, so that the compressed length of a page reveals nothing about it.
 */
export function createCsrf(sessionToken: string): string {
  return Bun.CSRF.generate(sessionToken, { expiresIn: CSRF_LIFE_MS, encoding: 'base64url' })
}

export function isCsrf(csrf: string | null, sessionToken: string): boolean {
  return (
    csrf !== null &&
    csrf.length > 0 &&
    csrf.length < 200 &&
    Bun.CSRF.verify(csrf, { secret: sessionToken, maxAge: CSRF_LIFE_MS, encoding: 'base64url' })
  )
}
