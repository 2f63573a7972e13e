/** @jsxImportSource #markup */
import {
  findPasswordProblem,
  isAccess,
  isUserName,
  MIN_PASSWORD,
  normalizePassword,
  type PasswordState,
  type User,
} from '../../../../domain/users/user.ts'
import { redirect, route, type WebRequest } from '../../../http/route.ts'
import { agoLabel, stampLabel } from '../../../ui/components.tsx'
import { csrfField, formProblem, type Problems, refuseForm, textField } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { settingsPage } from '../settings-layout.tsx'
import { newPasswordField, PATH, roleField, userPath } from './user-view.tsx'

/** Notes in the list about a password that the user has not chosen. */
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
            {roleField(access, problems)}
            {newPasswordField(
              'Password',
              `At least ${MIN_PASSWORD} characters. The user can change it.`,
              problems,
            )}
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
    if (!(await web.store.users.add(name, access, await web.hashPassword(normalizePassword(password)), now)))
      return refuseForm(
        await usersView(request, name, access, { name: 'There is a user of this name.' }),
        409,
      )
    note(`${name} as ${access}`)
    return redirect(`${PATH}?done=added`)
  },
)
