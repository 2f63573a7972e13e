/** @jsxImportSource #markup */
import { writeDeviceCookie } from '../../auth/device.ts'
import type { SignedIn } from '../../auth/second-factor.ts'
import { describeBrowser } from '../../auth/user-agent.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { redirect, route, type WebRequest } from '../../http/route.ts'
import { icon } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'

export const loginPage = route({ path: '/login', access: 'public' }, ({ url, session, isSecure, web }) => {
  const next = readLocalPath(url.searchParams.get('next'))
  const isPlain = web.warnsOfPlain && !isSecure
  return session ? redirect(next) : loginView({ next, name: '', problem: null, isPlain })
})

export const login = route({ path: '/login', method: 'POST', access: 'public' }, async (request) => {
  const { form, address, device, web } = request
  const name = (form.get('name') ?? '').trim()
  const next = readLocalPath(form.get('next'))
  const result = await web.signIn(name, form.get('password') ?? '', { address, device })
  if (result.ok && (await web.secondStep.isWanted(result.user)))
    return codeView({ ticket: web.secondStep.hold(result), next, problem: null })
  if (result.ok) return openSession(request, result, next)
  const view = loginView({ next, name: name.slice(0, 64), problem: describeRejection(result.retryAfter) })
  return refuse(view, result.retryAfter === null ? 401 : 429, result.retryAfter)
})

/** The code of an app, or one from paper, of one whose password was right. */
export const loginCode = route(
  { path: '/login/code', method: 'POST', access: 'public' },
  async (request: WebRequest) => {
    const { form, address, web } = request
    const ticket = form.get('ticket') ?? ''
    const next = readLocalPath(form.get('next'))
    const result = await web.secondStep.check(ticket, (form.get('code') ?? '').slice(0, 100), address)
    if (result.ok) {
      const note = result.kind === 'recovery' ? ' with a recovery code' : ' with a code'
      return openSession(request, result, next, note)
    }
    if (result.reason === 'gone') return refuse(loginView({ next, name: '', problem: TOO_LATE }), 401, null)
    const retryAfter = result.reason === 'wait' ? result.retryAfter : null
    const problem =
      retryAfter === null
        ? 'The code is wrong or was already used. The app shows the next one within 30 seconds.'
        : describeRejection(retryAfter)
    return refuse(codeView({ ticket, next, problem }), retryAfter === null ? 401 : 429, retryAfter)
  },
)

const TOO_LATE = 'That took too long. Sign in again.'

async function openSession(
  { address, browser, isSecure, now, reachedAs: host, sessionToken, web }: WebRequest,
  { user: actor, passwordHash }: SignedIn,
  next: string,
  how = '',
): Promise<Response> {
  const cookie = await web.sessions.begin(actor, sessionToken, {
    ...{ address, browser, isSecure, host, passwordHash },
  })
  if (cookie === null) return refuse(loginView({ next, name: '', problem: TOO_LATE }), 401, null)
  await web.store.audit.add({
    time: now,
    actor,
    way: 'website',
    address,
    action: 'sign in',
    detail: `${describeBrowser(browser)}${how}`,
  })
  await web.store.users.noteSignIn(actor, now)
  web.log.info('signed in', { user: actor, address })
  return redirect(
    next,
    cookie,
    writeDeviceCookie(actor, passwordHash, { host, isSecure, basePath: web.basePath }),
  )
}

function refuse(view: Html, status: number, retryAfter: number | null): Response {
  const headers = new Headers({ 'content-type': 'text/html; charset=utf-8' })
  if (retryAfter !== null) headers.set('retry-after', String(retryAfter))
  return new Response(view.text, { status, headers })
}

export const logout = route(
  { path: '/logout', method: 'POST', access: 'viewer', does: 'sign out' },
  async ({ isSecure, reachedAs: host, sessionToken, web }) =>
    redirect('/login', await web.sessions.end(sessionToken, { host, isSecure })),
)

export function describeRejection(retryAfter: number | null): string {
  if (retryAfter === null) return 'The name or the password is wrong.'
  const minutes = Math.ceil(retryAfter / 60)
  const wait = retryAfter < 90 ? `${retryAfter} seconds` : `${minutes} minutes`
  return `Too many attempts. Try again in ${wait}.`
}

type LoginModel = {
  readonly next: string
  readonly name: string
  readonly problem: string | null
  /** Whether the password would travel without TLS. */
  readonly isPlain?: boolean
}

function loginView({ next, name, problem, isPlain = false }: LoginModel): Html {
  return layout({
    title: 'Sign in',
    active: null,
    session: null,
    csrf: '',
    body: (
      <form class="sign-in" method="post" action="/login">
        <p class="brand-line">{icon('brand')}Monitor</p>
        <h1>Sign in</h1>
        {problem === null ? null : (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {isPlain && (
          <p class="notice">
            This page is served without TLS: the password can be read in transit. An administrator can switch
            HTTPS on with <code>web.tls</code>.
          </p>
        )}
        <input type="hidden" name="next" value={next} />
        <label>
          Name{' '}
          <input
            type="text"
            name="name"
            value={name}
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            maxlength={64}
            required
            autofocus={name === ''}
          />
        </label>
        <label>
          Password{' '}
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            maxlength={1024}
            required
            autofocus={name !== ''}
          />
        </label>
        <button class="primary" type="submit">
          Sign in
        </button>
      </form>
    ),
  })
}

type CodeModel = { readonly ticket: string; readonly next: string; readonly problem: string | null }

function codeView({ ticket, next, problem }: CodeModel): Html {
  return layout({
    title: 'Code',
    active: null,
    session: null,
    csrf: '',
    body: (
      <form class="sign-in" method="post" action="/login/code">
        <p class="brand-line">{icon('brand')}Monitor</p>
        <h1>Your code</h1>
        {problem === null ? null : (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <input type="hidden" name="ticket" value={ticket} />
        <input type="hidden" name="next" value={next} />
        <label>
          Code from the app{' '}
          <input
            type="text"
            name="code"
            inputmode="text"
            autocomplete="one-time-code"
            autocapitalize="none"
            spellcheck="false"
            maxlength={40}
            required
            autofocus
          />
        </label>
        <button class="primary" type="submit">
          Sign in
        </button>
        <p class="soft">
          Without the phone use one of your recovery codes. Without those, an administrator can disable
          two-factor authentication on your user’s page or with <code>monitor user totp-off</code>.
        </p>
        <p>
          <a href="/login">Begin again</a>
        </p>
      </form>
    ),
  })
}
