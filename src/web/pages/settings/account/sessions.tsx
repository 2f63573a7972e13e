/** @jsxImportSource #markup */
import { sessionId } from '../../../../domain/users/user.ts'
import { hashToken } from '../../../../lib/hash-token.ts'
import { describeBrowser } from '../../../auth/user-agent.ts'
import { mayUse, notFound, redirect, route } from '../../../http/route.ts'
import { stampLabel } from '../../../ui/components.tsx'
import { csrfField } from '../../../ui/form-fields.tsx'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { settingsPage } from '../settings-layout.tsx'

const PATH = '/settings/sessions'

const COLUMNS: readonly ListColumn[] = [
  { name: 'User', breaks: true },
  { name: 'Began' },
  { name: 'Ends' },
  { name: 'From', breaks: true },
  { name: 'Browser', breaks: true },
  { name: 'Revoke', isPlain: true, isNumber: true },
]

export const sessionsPage = route({ path: PATH, access: 'viewer' }, async (request) => {
  const { web, url, csrf, session, sessionToken, now } = request
  const isAdmin = mayUse(request, 'admin')
  const wanted = url.searchParams.get('user')
  const user = isAdmin ? (wanted === '' ? null : (wanted ?? session?.user ?? '')) : (session?.user ?? '')
  const sessions = await web.store.sessions.list(user, now)
  const own = sessionToken === null ? '' : sessionId(hashToken(sessionToken))
  const query = user === null ? '' : encodeURIComponent(user)
  const rows = sessions.map(({ id, user: name, created, expires, address, browser }) => ({
    cells: [
      name,
      stampLabel(created),
      stampLabel(expires),
      address || '–',
      describeBrowser(browser),
      id === own ? (
        <span class="soft">this one</span>
      ) : (
        <form method="post" action={`${PATH}/${id}/revoke`}>
          {csrfField(csrf)}
          <input type="hidden" name="user" value={user ?? ''} />
          <button
            class="small"
            type="submit"
            aria-label={`Revoke the session of ${name} from ${address || 'an unknown address'}`}
          >
            Revoke
          </button>
        </form>
      ),
    ],
  }))
  return settingsPage(request, {
    title: 'Sessions',
    lead: 'Each browser that signs in has a session. Unused sessions expire.',
    body: (
      <>
        {isAdmin && (
          <nav class="wide filters" aria-label="Whose">
            <ul class="segments">
              <li>
                <a href={PATH} aria-current={user === session?.user && 'true'}>
                  Mine
                </a>
              </li>
              <li>
                <a href={`${PATH}?user=`} aria-current={user === null && 'true'}>
                  All
                </a>
              </li>
              {user !== null && user !== session?.user && (
                <li>
                  <a href={`${PATH}?user=${query}`} aria-current="true">
                    {user}
                  </a>
                </li>
              )}
            </ul>
          </nav>
        )}
        {rows.length === 0 ? (
          <section class="empty">
            <h2>No sessions</h2>
            <p>{user} is not signed in anywhere.</p>
          </section>
        ) : (
          listTable(COLUMNS, rows)
        )}
      </>
    ),
  })
})

export const revokeSession = route(
  { path: `${PATH}/:id/revoke`, method: 'POST', access: 'viewer', does: 'end session' },
  async (request) => {
    const { web, params, form, session, now, note } = request
    // Whose session it is decides who may end it; those of others are not even known to exist.
    const visible = await web.store.sessions.list(
      mayUse(request, 'admin') ? null : (session?.user ?? ''),
      now,
    )
    const found = visible.find(({ id }) => id === params.id)
    if (!found || !(await web.store.sessions.revoke(found.id))) throw notFound('session')
    note(`of ${found.user} from ${found.address || 'an unknown address'}`)
    const user = form.get('user') ?? ''
    const query =
      mayUse(request, 'admin') && user !== session?.user ? `user=${encodeURIComponent(user)}&` : ''
    return redirect(`${PATH}?${query}done=revoked`)
  },
)
