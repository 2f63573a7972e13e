import { describeBrowser } from '../browser-words.ts'
import { readLocalPath } from '../form.ts'
import { type Html, html } from '../html.ts'
import { icon } from '../icons.ts'
import { layout } from '../layout.ts'
import { type PageRequest, page, redirect } from '../page.ts'

export const loginPage = page({ path: '/login', access: 'public' }, ({ url, session }) => {
  const next = readLocalPath(url.searchParams.get('next'))
  return session ? redirect(next) : loginView({ next, name: '', problem: null })
})

export const login = page(
  { path: '/login', method: 'POST', access: 'public' },
  async ({ form, address, browser, now, sessionToken, web }: PageRequest) => {
    const name = (form.get('name') ?? '').trim()
    const next = readLocalPath(form.get('next'))
    const result = await web.signIn(name, form.get('password') ?? '', address)
    if (result.ok) {
      const { user: actor } = result
      const entry = {
        time: now,
        actor,
        way: 'website',
        address,
        action: 'sign in',
        detail: describeBrowser(browser),
      } as const
      await web.store.audit.add(entry)
      return redirect(next, await web.sessions.begin(actor, sessionToken, { address, browser }))
    }
    const view = loginView({ next, name: name.slice(0, 64), problem: describeRefusal(result.retryAfter) })
    const headers = new Headers({ 'content-type': 'text/html; charset=utf-8' })
    if (result.retryAfter !== null) headers.set('retry-after', String(result.retryAfter))
    return new Response(view.text, { status: result.retryAfter === null ? 401 : 429, headers })
  },
)

export const logout = page(
  { path: '/logout', method: 'POST', access: 'viewer', does: 'sign out' },
  async ({ sessionToken, web }) => redirect('/login', await web.sessions.end(sessionToken)),
)

export function describeRefusal(retryAfter: number | null): string {
  if (retryAfter === null) return 'The name or the password is wrong.'
  const minutes = Math.ceil(retryAfter / 60)
  const wait = retryAfter < 90 ? `${retryAfter} seconds` : `${minutes} minutes`
  return `Too many attempts. Try again in ${wait}.`
}

type LoginModel = { readonly next: string; readonly name: string; readonly problem: string | null }

function loginView({ next, name, problem }: LoginModel): Html {
  const autofocus = html` autofocus`
  return layout({
    title: 'Sign in',
    active: null,
    session: null,
    csrf: '',
    body: html`<form class="sign-in" method="post" action="/login">
<p class="brand-line">${icon('brand')}Monitor</p>
<h1>Sign in</h1>
${problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`}
<input type="hidden" name="next" value="${next}">
<label>Name <input type="text" name="name" value="${name}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required${name === '' && autofocus}></label>
<label>Password <input name="password" type="password" autocomplete="current-password" maxlength="1024" required${name !== '' && autofocus}></label>
<button class="primary" type="submit">Sign in</button>
</form>`,
  })
}
