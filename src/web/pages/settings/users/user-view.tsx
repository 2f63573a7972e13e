/** @jsxImportSource #markup */
import { ACCESSES, MAX_PASSWORD, type User } from '../../../../domain/users/user.ts'
import type { SecondFactor } from '../../../../storage/ports/store.ts'
import { versionOf } from '../../../changes/version.ts'
import type { WebRequest } from '../../../http/route.ts'
import { agoLabel, stampLabel } from '../../../ui/components.tsx'
import { choiceField, csrfField, formProblem, type Problems, textField } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { settingsPage } from '../settings-layout.tsx'

export const PATH = '/settings/users'
export const PARENT = { path: PATH, title: 'Users' }
const ACCESS_WORDS = {
  viewer: 'viewer – sees everything except secrets',
  operator: 'operator – also handles events and maintenance windows',
  admin: 'admin – also manages rules, targets and users',
} as const
const ROLES = ACCESSES.map((value) => ({ value, words: ACCESS_WORDS[value] }))

/** A user, and the hash that a form which sets the password is shown over. */
export type StoredUser = User & { readonly passwordHash: string }

export const roleField = (value: string, problems: Problems): Html =>
  choiceField({ name: 'access', label: 'Role', value, choices: ROLES, problem: problems.access })

export const newPasswordField = (label: string, hint: string, problems: Problems): Html =>
  textField({
    name: 'password',
    label,
    type: 'password',
    value: '',
    required: true,
    autocomplete: 'new-password',
    maxLength: MAX_PASSWORD,
    problem: problems.password,
    hint,
  })

export const userPath = (name: string) => `${PATH}/${encodeURIComponent(name)}`

/** What a form that sets a password was shown over. It holds the hash alone: its version says nothing of the password. */
export const passwordVersion = (passwordHash: string) => ({ passwordHash })

/** When the user was added and last signed in. */
const userLead = (user: User, now: number): Html => (
  <>
    Added {stampLabel(user.created)},{' '}
    {user.lastSignIn === null ? 'never signed in' : <>last signed in {agoLabel(user.lastSignIn, now)}</>}.{' '}
    <a href={`/settings/sessions?user=${encodeURIComponent(user.name)}`}>Sessions</a>
  </>
)

/** A user: role, password, second factor and the way to delete. */
export async function userView(request: WebRequest, user: StoredUser, problems: Problems): Promise<Html> {
  const { csrf, session, web } = request
  const factor = await web.store.secondFactors.find(user.name)
  const path = userPath(user.name)
  return settingsPage(request, {
    title: user.name,
    parent: PARENT,
    lead: userLead(user, request.now),
    body: (
      <>
        {formProblem(problems)}
        <section class="section">
          <h2>Role</h2>
          <form class="form" method="post" action={`${path}/access`}>
            {csrfField(csrf)}
            <input type="hidden" name="known" value={user.access} />
            {roleField(user.access, problems)}
            <div class="form-end">
              <button class="primary" type="submit">
                Save
              </button>
            </div>
          </form>
        </section>
        <section class="section">
          <h2>Password</h2>
          {user.name === session?.user ? (
            <p>
              Change your own under <a href="/password">Password</a>.
            </p>
          ) : (
            <form class="form" method="post" action={`${path}/password`}>
              {csrfField(csrf)}
              <input type="hidden" name="version" value={versionOf(passwordVersion(user.passwordHash))} />
              <input type="text" name="name" value={user.name} autocomplete="username" hidden readonly />
              {newPasswordField('New password', 'This signs the user out everywhere.', problems)}
              <div class="form-end">
                <button class="primary" type="submit">
                  Set
                </button>
              </div>
            </form>
          )}
        </section>
        <section class="section">
          <h2>Two-factor authentication</h2>
          {secondFactorView(request, user, factor)}
        </section>
        <section class="section">
          <h2>Delete</h2>
          <p>Also deletes sessions and API tokens. Entries in the audit log and in events stay.</p>
          <div class="form-end">
            <a class="button danger-link" href={`${path}/delete`}>
              Delete {user.name}…
            </a>
          </div>
        </section>
      </>
    ),
  })
}

function secondFactorView({ csrf, session }: WebRequest, user: User, factor: SecondFactor | null): Html {
  if (user.name === session?.user)
    return (
      <p>
        Yours is under <a href="/settings/two-factor">Two-factor authentication</a>.
      </p>
    )
  if (factor === null) return <p>Off: {user.name} signs in with the password alone.</p>
  return (
    <>
      <p>
        On since {stampLabel(factor.since)}. Disable it if the user has lost both the app and the recovery
        codes; the password alone is enough then.
      </p>
      <form class="form" method="post" action={`${userPath(user.name)}/two-factor-off`}>
        {csrfField(csrf)}
        <div class="form-end">
          <button class="danger" type="submit">
            Disable
          </button>
        </div>
      </form>
    </>
  )
}
