import type { Clock } from '../../lib/clock.ts'
import { hashToken } from '../../lib/hash-token.ts'
import type { Session, SessionOrigin, SessionStore } from '../../storage/ports/store.ts'
import type { WriteAside } from './background-writes.ts'

const COOKIE = 'session'
/** A stay is prolonged at most this often, so that reading a page rarely writes. */
const EXTEND_EVERY_SECONDS = 60
/** The token of a form lives as long as its session, whose cookie is its key. */
const CSRF_LIFE_MS = 400 * 24 * 3600 * 1000

export type OpenSession = { readonly token: string; readonly session: Session }

export type Beginning = SessionOrigin & {
  readonly isSecure: boolean
  /** The hash that the password was held against, maybe minutes ago. */
  readonly passwordHash?: string | undefined
}

/**
 * Sessions by cookie. The database knows the SHA-256 of the cookie only. `isSecure` says whether the browser
 * speaks HTTPS: the cookie then never travels without.
 */
export type Sessions = {
  /** The living session that a Cookie header names, its end moved on; null when there is none. */
  find(cookieHeader: string | null): Promise<OpenSession | null>
  /** True while the session behind the cookie lives; prolongs nothing. */
  isAlive(token: string): Promise<boolean>
  /**
   * Begins a session of its own random name; `previous` ends. Gives the Set-Cookie line; null when there is
   * no such user, or the password is not that of `passwordHash` any more.
   */
  begin(user: string, previous: string | null, how: Beginning): Promise<string | null>
  /** Ends a session. Gives the Set-Cookie line that takes the cookie away. */
  end(token: string | null, isSecure: boolean): Promise<string>
}

export type SessionsOptions = {
  readonly store: SessionStore
  readonly clock: Clock
  /** Seconds without a request after which a session ends. */
  readonly expiry: number
  readonly writeAside: WriteAside
}

export function createSessions({ store, clock, expiry, writeAside }: SessionsOptions): Sessions {
  async function find(cookieHeader: string | null): Promise<OpenSession | null> {
    const token = parseSessionCookie(cookieHeader)
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
    async begin(user, previous, { isSecure, passwordHash, ...origin }) {
      const now = clock.now()
      if (previous !== null) await store.delete(hashToken(previous))
      const token = crypto
        .getRandomValues(new Uint8Array(32))
        .toBase64({ alphabet: 'base64url', omitPadding: true })
      const isBegun = await store.add(hashToken(token), user, now, now + expiry, origin, passwordHash)
      if (!isBegun) return null
      return `${COOKIE}=${token}; ${attributesOf(isSecure)}`
    },
    async end(token, isSecure) {
      if (token !== null) await store.delete(hashToken(token))
      return `${COOKIE}=; ${attributesOf(isSecure)}; Max-Age=0`
    },
  }
}

const attributesOf = (isSecure: boolean) => `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`

/** The value of our cookie; null when it is not there or can't be one of ours. */
export function parseSessionCookie(header: string | null): string | null {
  return /(?:^|;\s*)session=([A-Za-z0-9_-]{43})(?:;|$)/.exec(header ?? '')?.[1] ?? null
}

/**
 * A token for the forms of one session. It is signed with the cookie, which another site can't read, and
 * differs each time, so that the compressed length of a page tells nothing about it.
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
