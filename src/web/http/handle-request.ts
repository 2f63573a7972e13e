import { ReaderGoneError, readFor } from '../../lib/reader.ts'
import { TooBusyError } from '../../lib/too-busy-error.ts'
import type { AuditEntry } from '../../storage/ports/store.ts'
import { cookieName, readCookie } from '../auth/cookies.ts'
import { DEVICE_FORM } from '../auth/device.ts'
import { shorten } from '../ui/format.ts'
import { Html } from '../ui/markup/html.ts'
import { LIVE_PAGE_HEADER } from '../ui/page-delta.ts'
import { ANONYMOUS, authenticate, type Requester, requireAccess, requireOwnForm } from './authenticate.ts'
import { addBasePath, addBaseToResponse, removeBasePath } from './base-path.ts'
import type { Client } from './client-address.ts'
import { errorJson, errorPage, unexpected } from './errors.tsx'
import { requireOneHost } from './host-header.ts'
import { readForm, readJson } from './request-body.ts'
import { finishJson, finishResponse, SECURITY_HEADERS } from './response-headers.ts'
import { HttpError, JsonBytes, type Route, type RouteResult, redirect, type WebContext } from './route.ts'
import { StreamedAnswer } from './streams/streamed-answer.ts'
import { requireScope } from './token-scope.ts'

/** Characters of a path in the log. */
const LOGGED_PATH = 200

/** The pages of one path, by method. */
export type RoutesOfPath = Partial<Record<Route['method'], Route>>

export type Arrival = {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly client: Client
}

/**
 * Handles one request with the page of its method. Never rejects: what a page throws becomes an error page,
 * or JSON under `/api`.
 */
export async function handleRequest(
  routes: RoutesOfPath,
  arrival: Arrival,
  web: WebContext,
): Promise<Response> {
  const { request, client } = arrival
  const url = readUrl(request.url, web.basePath)
  const started = web.clock.monotonicMs()
  const answered = await readFor(request, () => answer(routes, arrival, url, web))
  const encodings = request.headers.get('accept-encoding')
  const finished =
    answered instanceof StreamedAnswer
      ? answered.finish(request, SECURITY_HEADERS, {
          noteFailure: (error) => noteBroken(error, url, web),
          clock: web.clock,
        })
      : answered instanceof JsonBytes
        ? finishJson(answered, encodings)
        : await finishResponse(await addBaseToResponse(answered, web.basePath), encodings)
  web.log.debug('answered', {
    method: request.method,
    path: shorten(url.pathname, LOGGED_PATH),
    status: finished.status,
    ms: Math.round(web.clock.monotonicMs() - started),
    address: client.address,
  })
  return finished
}

/** The device cookie of an earlier sign-in. */
function readDevice({ headers }: Request, isSecure: boolean, { basePath }: WebContext) {
  const name = cookieName('device', { host: headers.get('host') ?? '', isSecure, basePath })
  return readCookie(headers.get('cookie'), name, DEVICE_FORM)
}

async function answer(
  routes: RoutesOfPath,
  arrival: Arrival,
  url: URL,
  web: WebContext,
): Promise<Response | JsonBytes | StreamedAnswer> {
  const { request, params, client } = arrival
  const isApi = url.pathname.startsWith('/api/')
  let requester: Requester = ANONYMOUS
  try {
    requireOneHost(request.headers)
    const route = pickRoute(routes, request.method)
    requester = await authenticate(request, { isApi, isSecure: client.isSecure }, web)
    requireAccess(route, requester)
    if (isApi) requireKnownParameters(route, url)
    if (isApi) await requireScope(route, params, requester, web)
    if (requester.session?.mustChangePassword && !WITHOUT_OWN_PASSWORD.has(route.path)) {
      if (isApi) throw new HttpError(403, 'Choose your own password first, on the page /password.')
      return redirect('/password?first')
    }
    if (lacksSecondStep(requester, route, web)) {
      if (isApi)
        throw new HttpError(403, 'Set up two-factor authentication first, on the page /settings/two-factor.')
      return redirect('/settings/two-factor?first')
    }
    if (isApi) requireRate(requester, web)
    else if (!asksForJson(request)) requester = await addFrame(requester, web)
    const changes = route.method !== 'GET'
    const form = changes && !isApi ? await readForm(request, web.clock) : new URLSearchParams()
    const body = changes && isApi ? await readJson(request, web.clock) : null
    if (changes) requireOwnForm(request, route, { requester, form, siteUrl: web.siteUrl })
    const browser = (request.headers.get('user-agent') ?? '').slice(0, 255)
    const notes: string[] = []
    const note = (detail: string) => notes.push(detail)
    const now = web.clock.now()
    const result = await route.handle({
      ...requester,
      url,
      params,
      form,
      body,
      ...client,
      browser,
      reachedAs: request.headers.get('host') ?? '',
      device: readDevice(request, client.isSecure, web),
      ifMatch: readIfMatch(request.headers.get('if-match')),
      wantsJson: asksForJson(request),
      now,
      web,
      note,
    })
    // Signing in notes itself, under the name that it is for.
    if (changes && !route.isRead && route.access !== 'public' && requester.session && isDone(result))
      await noteChange(web, {
        time: now,
        actor: requester.session.user,
        way: isApi ? 'api' : 'website',
        address: client.address,
        action: route.does ?? `${route.method} ${route.path}`,
        detail: notes.length > 0 ? notes.join('; ') : Object.values(params).join(' '),
      })
    if (result instanceof JsonBytes || result instanceof StreamedAnswer) return result
    if (!(result instanceof Html)) return request.method === 'HEAD' ? withoutStream(result) : result
    const held = request.headers.get(LIVE_PAGE_HEADER)
    if (held !== null && requester.session && request.method === 'GET')
      return web.livePages.answer(
        addBasePath(result.text, web.basePath),
        held,
        `${requester.session.user} ${url.pathname}${url.search}`,
      )
    return new Response(result.text, { headers: { 'content-type': 'text/html; charset=utf-8' } })
  } catch (thrown) {
    const error = thrown instanceof HttpError ? thrown : await explain(thrown, request.method, url, web)
    if (isApi) return errorJson(error.status === 401 ? asksForBearer(error) : error)
    if (asksForJson(request)) return errorJson(error)
    if (error.status === 401) return redirect(signInPath(request.method, url))
    return errorPage({ error, session: requester.session, csrf: requester.csrf })
  }
}

/** Of a page that is refused too: it has the same navigation. */
async function addFrame(requester: Requester, { frame }: WebContext): Promise<Requester> {
  const { session } = requester
  return session === null
    ? requester
    : { ...requester, session: { ...session, frame: await frame.read(session.user) } }
}

/** A session is a person; a token may be a program that runs wild. */
function requireRate({ session, sessionToken }: Requester, { apiRate, clock }: WebContext): void {
  if (session === null || sessionToken !== null) return
  const wait = apiRate.take(session.user, clock.monotonicMs())
  if (wait > 0)
    throw new HttpError(429, `Too many requests by the tokens of ${session.user}: try again in ${wait} s.`, {
      'retry-after': String(wait),
    })
}

/** A parameter with a typing error must not look as if it had worked, nor the one of two that is not read. */
function requireKnownParameters({ api }: Route, url: URL) {
  const declared = api?.query ?? []
  const repeated = declared.find(({ name, isMany }) => !isMany && url.searchParams.getAll(name).length > 1)
  if (repeated !== undefined) throw new HttpError(400, `${repeated.name}: expected once`)
  const parameters = declared.map(({ name }) => name)
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name))
  if (unknown === undefined) return
  const expected = parameters.length === 0 ? 'no parameters here' : `only ${parameters.join(', ')}`
  throw new HttpError(400, `${unknown.slice(0, 40)}: unknown parameter; expected ${expected}`)
}

const asksForJson = (request: Request) =>
  request.headers.get('accept')?.startsWith('application/json') ?? false

/** `"a", W/"b"` becomes a and b; null for `*`, which matches any version, and without the header. */
function readIfMatch(header: string | null): readonly string[] | null {
  if (header === null || header.trim() === '*') return null
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', ''))
}

/** Paths that a user may use whose password was chosen by another user. */
const WITHOUT_OWN_PASSWORD: ReadonlySet<string> = new Set(['/password', '/logout', '/login', '/login/code'])

/** Paths that a user may use who has to set up a second step first. */
const WITHOUT_SECOND_STEP: ReadonlySet<string> = new Set([...WITHOUT_OWN_PASSWORD, '/settings/two-factor'])

/** True for one who has signed in with a password alone where a second step is needed. Tokens are let off. */
function lacksSecondStep(
  { session, sessionToken }: Requester,
  { path }: Route,
  { requiresTwoFactor }: WebContext,
): boolean {
  if (!requiresTwoFactor || session === null || sessionToken === null) return false
  return !WITHOUT_SECOND_STEP.has(path) && session.hasSecondStep !== true
}

const isDone = (result: RouteResult) => !(result instanceof Response) || result.status < 400

/** The change is made: a log that can't be written must not make it look as if it were not. */
async function noteChange({ store, log }: WebContext, entry: AuditEntry) {
  try {
    await store.audit.add(entry)
  } catch (error) {
    log.error('a change is missing in the audit log', { action: entry.action, error })
  }
}

const isMethod = (text: string): text is Route['method'] => ['GET', 'POST', 'PUT', 'DELETE'].includes(text)

function pickRoute(routes: RoutesOfPath, method: string): Route {
  const route = method === 'HEAD' ? routes.GET : isMethod(method) ? routes[method] : undefined
  if (route) return route
  const methods = Object.keys(routes)
  if (methods.length === 0) throw new HttpError(404, 'There is no such page.')
  const allow = routes.GET ? ['HEAD', ...methods] : methods
  throw new HttpError(405, `This address takes ${methods.join(' and ')} only.`, { allow: allow.join(', ') })
}

/**
 * A failure affects one request only: one line in the log, and a response that distinguishes an unreachable
 * database from our own mistake.
 */
async function explain(thrown: unknown, method: string, url: URL, web: WebContext): Promise<HttpError> {
  if (thrown instanceof TooBusyError) {
    web.log.warn('too many reads are waiting', { method, path: shorten(url.pathname, LOGGED_PATH) })
    return new HttpError(503, 'Too many people read at once. Try again in a moment.', { 'retry-after': '5' })
  }
  if (thrown instanceof ReaderGoneError) {
    web.log.debug('nobody waits for the answer', { method, path: shorten(url.pathname, LOGGED_PATH) })
    return new HttpError(503, 'Nobody waits for this answer any more.')
  }
  web.log.error('request failed', { method, path: shorten(url.pathname, LOGGED_PATH), error: thrown })
  return unexpected((await web.checkHealth()) === null)
}

/** An answer that had begun ends early, which its reader sees as a broken transfer. */
function noteBroken(error: unknown, url: URL, { log }: WebContext) {
  const path = shorten(url.pathname, LOGGED_PATH)
  if (error instanceof ReaderGoneError) log.debug('nobody waits for the answer', { path })
  else log.error('an answer was broken off', { path, error })
}

const asksForBearer = (error: HttpError) =>
  new HttpError(401, 'A session or a bearer token is needed.', {
    ...error.headers,
    'www-authenticate': 'Bearer',
  })

function signInPath(method: string, url: URL): string {
  if (method === 'POST' || url.pathname === '/') return '/login'
  return `/login?next=${encodeURIComponent(url.pathname + url.search)}`
}

/**
 * Bun gives an absolute URL, or only the path when the Host header is not a valid host: only the path is
 * used.
 */
export function readUrl(text: string, base: string): URL {
  const path = text.startsWith('/') ? text : text.slice(text.indexOf('/', text.indexOf('://') + 3))
  return new URL(`http://monitor.invalid${removeBasePath(path, base)}`)
}

/** A HEAD must not leave a stream open that no client reads. */
async function withoutStream(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response
  await response.body?.cancel()
  return new Response(null, { headers: response.headers })
}
