/** @jsxImportSource #markup */
import {
  ACCESSES,
  findPasswordProblem,
  isAccess,
  isUserName,
  MAX_PASSWORD,
  MIN_PASSWORD,
  normalizePassword,
  type PasswordState,
  type User,
} from '../../../domain/users/user.ts'
import type { SecondFactor } from '../../../storage/ports/store.ts'
import { notFound, redirect, route, type WebRequest } from '../../http/route.ts'
import { agoLabel, stampLabel } from '../../ui/components.tsx'
import {
  choiceField,
  csrfField,
  formProblem,
  type Problems,
  refuseForm,
  textField,
} from '../../ui/form-fields.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { confirmPage, settingsPage } from './settings-layout.tsx'

const PATH = '/settings/users'
const PARENT = { path: PATH, title: 'Users' }
const ACCESS_WORDS = {
  viewer: 'viewer – sees everything except secrets',
  operator: 'operator – also handles events and maintenance windows',
  admin: 'admin – also manages rules, targets and users',
} as const
const CHOICES = ACCESSES.map((value) => ({ value, words: ACCESS_WORDS[value] }))

/** What the list says of a password that is not the user's own. */
const PASSWORD_NOTES: Readonly<Partial<Record<PasswordState, string>>> = {
  temporary: 'password to be changed',
  disabled: 'disabled: set a password',
}

function passwordNote({ passwordState, passwordExpires }: User, now: number): Html | string | undefined {
  if (passwordExpires === undefined) return PASSWORD_NOTES[passwordState]
  if (passwordExpires <= now) return 'password of the original expired: set a password'
  return <>password of the original, once more until {stampLabel(passwordExpires)}</>
}

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Role' },
  { name: 'Added' },
  { name: 'Last sign-in' },
]

const userPath = (name: string) => `${PATH}/${encodeURIComponent(name)}`

export const usersPage = route({ path: PATH, access: 'admin' }, (request) =>
  usersView(request, '', 'viewer', {}),
)

async function usersView(
  request: WebRequest,
  name: string,
  access: string,
  problems: Problems,
): Promise<Html> {
  const { web, csrf, session, now } = request
  const users = await web.store.users.list()
  const rows = users.map((user) => ({
    cells: [
      <>
        <a href={userPath(user.name)}>{user.name}</a>
        {user.name === session?.user && (
          <>
            {' '}
            <span class="soft">you</span>
          </>
        )}
      </>,
      <>
        {user.access}
        {passwordNote(user, now) && (
          <>
            {' '}
            <span class="soft">{passwordNote(user, now)}</span>
          </>
        )}
      </>,
      stampLabel(user.created),
      agoLabel(user.lastSignIn ?? 0, now),
    ],
  }))
  return settingsPage(request, {
    title: 'Users',
    lead: 'Users and their roles.',
    body: (
      <>
        {listTable(COLUMNS, rows)}
        <section class="section">
          <h2>Add a user</h2>
          <form class="form" method="post" action={PATH}>
            {csrfField(csrf)}
            {formProblem(problems)}
            {textField({
              name: 'name',
              label: 'Name',
              value: name,
              required: true,
              maxLength: 64,
              problem: problems.name,
            })}
            {choiceField({
              name: 'access',
              label: 'Role',
              value: access,
              choices: CHOICES,
              problem: problems.access,
            })}
            {textField({
              name: 'password',
              label: 'Password',
              type: 'password',
              value: '',
              required: true,
              autocomplete: 'new-password',
              maxLength: MAX_PASSWORD,
              problem: problems.password,
              hint: `At least ${MIN_PASSWORD} characters. The user can change it.`,
            })}
            <div class="form-end">
              <button class="primary" type="submit">
                Add
              </button>
            </div>
          </form>
        </section>
      </>
    ),
  })
}

export const addUser = route(
  { path: PATH, method: 'POST', access: 'admin', does: 'add user' },
  async (request) => {
    const { web, form, now, note } = request
    const name = (form.get('name') ?? '').trim()
    const access = form.get('access') ?? ''
    const password = form.get('password') ?? ''
    const problem = findPasswordProblem(password)
    const problems: Record<string, string> = {}
    if (!isUserName(name)) problems.name = 'At most 64 letters, digits and . _ @ -'
    if (!isAccess(access)) problems.access = 'Choose one of them.'
    if (problem !== null) problems.password = problem
    if (Object.keys(problems).length > 0 || !isAccess(access))
      return refuseForm(await usersView(request, name, access, problems))
    if (!(await web.store.users.add(name, access, await Bun.password.hash(normalizePassword(password)), now)))
      return refuseForm(
        await usersView(request, name, access, { name: 'There is a user of this name.' }),
        409,
      )
    note(`${name} as ${access}`)
    return redirect(`${PATH}?done=added`)
  },
)

export const userPage = route({ path: `${PATH}/:user`, access: 'admin' }, async (request) =>
  userView(request, await findUser(request), {}),
)

async function userView(request: WebRequest, user: User, problems: Problems): Promise<Html> {
  const { csrf, session, web } = request
  const factor = await web.store.secondFactors.find(user.name)
  const path = userPath(user.name)
  return settingsPage(request, {
    title: user.name,
    parent: PARENT,
    lead: (
      <>
        Added {stampLabel(user.created)}, last signed in {agoLabel(user.lastSignIn ?? 0, request.now)}.{' '}
        <a href={`/settings/sessions?user=${encodeURIComponent(user.name)}`}>Sessions</a>
      </>
    ),
    body: (
      <>
        {formProblem(problems)}
        <section class="section">
          <h2>Role</h2>
          <form class="form" method="post" action={`${path}/access`}>
            {csrfField(csrf)}
            {choiceField({
              name: 'access',
              label: 'Role',
              value: user.access,
              choices: CHOICES,
              problem: problems.access,
            })}
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
              <input type="text" name="name" value={user.name} autocomplete="username" hidden readonly />
              {textField({
                name: 'password',
                label: 'New password',
                type: 'password',
                value: '',
                required: true,
                autocomplete: 'new-password',
                maxLength: MAX_PASSWORD,
                problem: problems.password,
                hint: 'This signs the user out everywhere.',
              })}
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

const ONLY_ADMIN = 'This is the only administrator. Make somebody else one first.'

export const setUserAccess = route(
  { path: `${PATH}/:user/access`, method: 'POST', access: 'admin', does: 'change access of user' },
  async (request) => {
    const { web, form, note } = request
    const user = await findUser(request)
    const access = form.get('access')
    if (!isAccess(access)) return refuseForm(await userView(request, user, { access: 'Choose one of them.' }))
    const outcome = await web.store.users.setAccess(user.name, access)
    if (outcome === 'unknown') throw notFound('user')
    if (outcome === 'only admin')
      return refuseForm(await userView(request, user, { form: ONLY_ADMIN, access: ONLY_ADMIN }), 409)
    note(`${user.name}: ${user.access} to ${access}`)
    return redirect(
      `${access === 'admin' || user.name !== request.session?.user ? PATH : '/settings'}?done=saved`,
    )
  },
)

export const setUserPassword = route(
  { path: `${PATH}/:user/password`, method: 'POST', access: 'admin', does: 'set password of user' },
  async (request) => {
    const { web, form, note } = request
    const user = await findUser(request)
    const password = form.get('password') ?? ''
    const problem = findPasswordProblem(password)
    if (problem !== null) return refuseForm(await userView(request, user, { password: problem }))
    await web.store.users.setPassword(user.name, await Bun.password.hash(normalizePassword(password)))
    await web.onPasswordChanged(user.name)
    note(user.name)
    return redirect(`${userPath(user.name)}?done=password`)
  },
)

export const switchOffSecondFactor = route(
  {
    path: `${PATH}/:user/two-factor-off`,
    method: 'POST',
    access: 'admin',
    does: 'switch off two-factor sign-in',
  },
  async (request) => {
    const { web, note, session } = request
    const { name } = await findUser(request)
    // With their own, people show that they know the password: an open browser is not enough.
    if (name === session?.user) return redirect('/settings/two-factor')
    if (!(await web.store.secondFactors.remove(name))) return redirect(userPath(name))
    note(name)
    return redirect(`${userPath(name)}?done=two-factor-off`)
  },
)

export const deleteUserPage = route({ path: `${PATH}/:user/delete`, access: 'admin' }, async (request) => {
  const { name } = await findUser(request)
  return confirmPage(request, {
    title: `Delete ${name}?`,
    parent: PARENT,
    question: (
      <>
        <b>{name}</b> can't sign in any more, and programs with tokens of {name} are refused.
      </>
    ),
    action: `${userPath(name)}/delete`,
    back: userPath(name),
    word: 'Delete the user',
  })
})

export const deleteUser = route(
  { path: `${PATH}/:user/delete`, method: 'POST', access: 'admin', does: 'delete user' },
  async (request) => {
    const { web, note } = request
    const user = await findUser(request)
    const outcome = await web.store.users.delete(user.name)
    if (outcome === 'unknown') throw notFound('user')
    if (outcome === 'only admin') return refuseForm(await userView(request, user, { form: ONLY_ADMIN }), 409)
    await web.onPasswordChanged(user.name)
    note(user.name)
    return redirect(user.name === request.session?.user ? '/login' : `${PATH}?done=deleted`)
  },
)

async function findUser({ params, web }: WebRequest): Promise<User> {
  const found = await web.store.users.find(params.user ?? '')
  if (!found) throw notFound('user')
  const { passwordHash: _, ...user } = found
  return user
}
