/** @jsxImportSource #markup */
import {
  findPasswordProblem,
  MAX_PASSWORD,
  MIN_PASSWORD,
  normalizePassword,
} from '../../../domain/users/user.ts'
import { writeDeviceCookie } from '../../auth/device.ts'
import { HttpError, redirect, route, type WebRequest } from '../../http/route.ts'
import { icon } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import { settingsFrame } from '../settings/settings-layout.tsx'
import { describeRejection } from './login.tsx'

export const passwordPage = route({ path: '/password', access: 'viewer' }, (request) =>
  passwordView(request, request.url.searchParams.has('changed') ? 'changed' : null),
)

/** Changes the own password. It ends every session of the user but the one that it begins. */
export const changePassword = route(
  { path: '/password', method: 'POST', access: 'viewer', does: 'change own password' },
  async (request) => {
    const { form, session, sessionToken, address, browser, device, isSecure, reachedAs: host, web } = request
    if (!session) throw new HttpError(401, 'Sign in first.')
    const next = form.get('new') ?? ''
    const problem = findProblem(next, form.get('again') ?? '', form.get('current') ?? '')
    if (problem !== null) return refuse(request, problem, 400)
    // The same door as for signing in: a stolen session must not be a way to try passwords without end.
    const result = await web.signIn(session.user, form.get('current') ?? '', { address, device })
    if (!result.ok) {
      const wrong = result.retryAfter === null
      return refuse(
        request,
        wrong ? 'The current password is wrong.' : describeRejection(result.retryAfter),
        wrong ? 400 : 429,
      )
    }
    const passwordHash = await web.hashPassword(normalizePassword(next))
    await web.store.users.setPassword(session.user, passwordHash)
    await web.onPasswordChanged(session.user)
    if (form.get('tokens') === 'revoke')
      request.note(`revoked ${await revokeTokens(request, session.user)} tokens`)
    web.log.info('password changed', { user: session.user, address })
    const cookie = await web.sessions.begin(session.user, sessionToken, {
      ...{ address, browser, isSecure, host },
    })
    if (cookie === null) return redirect('/login')
    // The device cookie for the old password is invalid now: without a new one, failed attempts from
    // elsewhere would slow down sign-in from this browser.
    return redirect(
      session.mustChangePassword ? '/' : '/password?changed',
      cookie,
      writeDeviceCookie(session.user, passwordHash, { host, isSecure, basePath: web.basePath }),
    )
  },
)

/**
 * Revokes all tokens of the user, because a person who knew the old password may have created some. Resolves
 * to their number.
 */
async function revokeTokens({ web: { store } }: WebRequest, user: string): Promise<number> {
  const own = (await store.tokens.list()).filter((token) => token.user === user)
  for (const { id } of own) await store.tokens.delete(id)
  return own.length
}

/** The problem of a new password, or null. */
export function findProblem(next: string, again: string, current: string): string | null {
  const problem = findPasswordProblem(next)
  if (problem !== null) return problem
  if (normalizePassword(next) !== normalizePassword(again))
    return 'The new password was not repeated the same.'
  return next === current ? 'The new password is the old one.' : null
}

function refuse(request: WebRequest, problem: string, status: number): Response {
  const headers = { 'content-type': 'text/html; charset=utf-8' }
  return new Response(passwordView(request, { problem }).text, { status, headers })
}

type PasswordOutcome = 'changed' | { readonly problem: string } | null

function passwordView(request: WebRequest, outcome: PasswordOutcome) {
  const { session, csrf, url } = request
  const form = passwordForm(request, outcome)
  // A user who has to choose a password first can't open any other page: it looks like that of the sign-in.
  if (session?.mustChangePassword)
    return layout({ title: 'Password', active: null, session: null, csrf: '', body: form })
  return layout({
    title: 'Password',
    active: 'settings',
    session,
    csrf,
    url,
    body: settingsFrame(
      request,
      <>
        <div class="head">
          <div>
            <p class="crumbs">
              <a href="/settings">Settings</a>
            </p>
            <h1>Your password</h1>
          </div>
        </div>
        {form}
      </>,
    ),
  })
}

function passwordForm({ session, csrf }: WebRequest, outcome: PasswordOutcome) {
  const isFirst = session?.mustChangePassword === true
  return (
    <form class={isFirst ? 'sign-in' : 'settings'} method="post" action="/password">
      {isFirst && (
        <>
          <p class="brand-line">{icon('brand')}Monitor</p>
          <h1>Your password</h1>
          <p>Choose your own password before you continue.</p>
        </>
      )}
      {outcome === 'changed' && (
        <p class="done" role="status">
          Password changed. Other browsers are signed out.
        </p>
      )}
      {outcome !== null && outcome !== 'changed' && (
        <p class="problem" role="alert">
          {outcome.problem}
        </p>
      )}
      <input type="hidden" name="csrf" value={csrf} />
      <input type="text" name="name" value={session?.user} autocomplete="username" hidden readonly />
      <label>
        Current password{' '}
        <input
          name="current"
          type="password"
          autocomplete="current-password"
          maxlength={MAX_PASSWORD}
          required
        />
      </label>
      <label>
        New password{' '}
        <input
          name="new"
          type="password"
          autocomplete="new-password"
          minlength={MIN_PASSWORD}
          maxlength={MAX_PASSWORD}
          required
        />
      </label>
      <label>
        New password again{' '}
        <input
          name="again"
          type="password"
          autocomplete="new-password"
          minlength={MIN_PASSWORD}
          maxlength={MAX_PASSWORD}
          required
        />
      </label>
      {!isFirst && (
        <label class="check-line">
          <input type="checkbox" name="tokens" value="revoke" /> Revoke all of your API tokens too
        </label>
      )}
      {isFirst ? (
        <button class="primary" type="submit">
          Continue
        </button>
      ) : (
        <div>
          <button class="primary" type="submit">
            Change
          </button>
        </div>
      )}
    </form>
  )
}
