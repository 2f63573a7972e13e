import { covers } from '../../domain/users/user.ts'
import { hashToken } from '../../lib/hash-token.ts'
import type { Session } from '../../storage/ports/store.ts'
import { createCsrf, isCsrf } from '../auth/session.ts'
import type { Viewer } from '../ui/layout/frame.ts'
import { HttpError, type Route, type WebContext } from './route.ts'

/** The user who sends a request, and the credential that identifies the user. */
export type Requester = {
  readonly session: Viewer | null
  /** The session's cookie; null without a session and with a bearer token. */
  readonly sessionToken: string | null
  readonly csrf: string
}

export const ANONYMOUS: Requester = { session: null, sessionToken: null, csrf: '' }

/** A token's use is noted this often at most. */
const NOTE_USE_SECONDS = 60
const MAX_BEARER = 200

/**
 * Reads the session of the cookie, or under `/api` that of a bearer token, which then is the only thing that
 * counts.
 */
export async function authenticate(
  request: Request,
  { isApi, isSecure }: { readonly isApi: boolean; readonly isSecure: boolean },
  web: WebContext,
): Promise<Requester> {
  const authorization = request.headers.get('authorization')
  if (isApi && authorization !== null) {
    const session = await findBearer(authorization, web)
    return session ? { session, sessionToken: null, csrf: '' } : ANONYMOUS
  }
  const host = request.headers.get('host') ?? ''
  const open = await web.sessions.find({ cookies: request.headers.get('cookie'), host, isSecure })
  if (!open) return ANONYMOUS
  return { session: open.session, sessionToken: open.token, csrf: createCsrf(open.token) }
}

async function findBearer(authorization: string, web: WebContext): Promise<Session | null> {
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
  if (bearer === undefined || bearer.length > MAX_BEARER) return null
  const now = web.clock.now()
  const token = await web.store.tokens.find(hashToken(bearer), now)
  if (!token) return null
  if (now - (token.lastUsed ?? 0) >= NOTE_USE_SECONDS)
    web.writeAside(`token ${token.id}`, () => web.store.tokens.noteUse(token.id, now))
  return {
    user: token.user,
    access: token.access,
    created: token.created,
    expires: token.expires ?? Number.POSITIVE_INFINITY,
    ...(token.groups !== null && { withinGroups: token.groups }),
  }
}

/** Throws an HttpError unless this visitor may see this page. */
export function requireAccess({ access }: Route, { session }: Requester) {
  if (access === 'public') return
  if (!session) throw new HttpError(401, 'Sign in first.')
  if (!covers(session.access, access))
    throw new HttpError(403, `This needs the role ${access}; ${session.user} is a ${session.access}.`)
}

/**
 * Throws an HttpError when another site made the browser send this POST. A bearer token is not a cookie: no
 * other site can make a browser send it, so nothing else is checked.
 */
export function requireOwnForm(
  request: Request,
  page: Route,
  {
    requester,
    form,
    siteUrl,
  }: { readonly requester: Requester; readonly form: URLSearchParams; readonly siteUrl: string | null },
) {
  if (requester.session && requester.sessionToken === null) return
  if (isFromAnotherSite(request.headers, siteUrl))
    throw new HttpError(403, describeOtherSite(request.headers))
  if (page.access === 'public') return
  const csrf = form.get('csrf') ?? request.headers.get('x-csrf-token')
  if (requester.sessionToken === null || !isCsrf(csrf, requester.sessionToken))
    throw new HttpError(403, 'This form is not of your session. Reload the page and try again.')
}

/**
 * Browsers send at least one of the two headers with every POST; programs send neither, and do not send
 * cookies by themselves. Over plain HTTP browsers send only their origin: it has to be the host of the
 * request, or `siteUrl`, which is the address that people use where a proxy sends another host.
 */
export function isFromAnotherSite(headers: Headers, siteUrl: string | null = null): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site !== 'same-origin' && site !== 'none'
  const origin = headers.get('origin')
  if (origin === null) return false
  if (!URL.canParse(origin)) return true
  if (new URL(origin).host === (headers.get('host') ?? '').toLowerCase()) return false
  return siteUrl === null || new URL(siteUrl).origin !== new URL(origin).origin
}

const OTHER_SITE = 'This form was sent from another site.'

/** Names the cause that an administrator can remove: a proxy that asks for another host than the browser did. */
function describeOtherSite(headers: Headers): string {
  const origin = headers.get('origin') ?? ''
  const host = headers.get('host') ?? ''
  if (headers.has('sec-fetch-site') || !URL.canParse(origin) || host === '') return OTHER_SITE
  return (
    `${OTHER_SITE} The browser is at ${new URL(origin).origin.slice(0, 200)}, and the website was asked as ` +
    `${host.slice(0, 200)}. Where a reverse proxy stands between, let it pass on the Host header, or set web.url to ` +
    'the address in the browser.'
  )
}
