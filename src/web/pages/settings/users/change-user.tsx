/** @jsxImportSource #markup */
import { findPasswordProblem, isAccess, normalizePassword } from '../../../../domain/users/user.ts'
import { actorOf, findLastChange } from '../../../changes/last-change.ts'
import { isCurrent } from '../../../changes/version.ts'
import { notFound, redirect, route, type WebRequest } from '../../../http/route.ts'
import { refuseForm } from '../../../ui/form-fields.tsx'
import { knownVersion } from '../edit-conflict.tsx'
import { confirmPage } from '../settings-layout.tsx'
import { PARENT, PATH, passwordVersion, type StoredUser, userPath, userView } from './user-view.tsx'

export const userPage = route({ path: `${PATH}/:user`, access: 'admin' }, async (request) =>
  userView(request, await findUser(request), {}),
)

async function describeRoleChange(request: WebRequest): Promise<string> {
  const { name, access } = await findUser(request)
  const change = await findLastChange(request.web, { one: 'user', name })
  return `Not saved. ${actorOf(change, request)} gave ${name} the role ${access} after you opened this page.`
}

const ONLY_ADMIN = 'This is the only administrator. Make somebody else one first.'

export const setUserAccess = route(
  { path: `${PATH}/:user/access`, method: 'POST', access: 'admin', does: 'change access of user' },
  async (request) => {
    const { web, form, note } = request
    const user = await findUser(request)
    const access = form.get('access')
    if (!isAccess(access)) return refuseForm(await userView(request, user, { access: 'Choose one of them.' }))
    const known = form.get('known')
    const outcome = await web.store.users.setAccess(user.name, access, isAccess(known) ? known : undefined)
    if (outcome === 'unknown') throw notFound('user')
    if (outcome === 'outdated') {
      const words = await describeRoleChange(request)
      return refuseForm(await userView(request, await findUser(request), { form: words }), 409)
    }
    if (outcome === 'only admin')
      return refuseForm(await userView(request, user, { form: ONLY_ADMIN, access: ONLY_ADMIN }), 409)
    note(`${user.name}: ${user.access} to ${access}`)
    return redirect(
      `${access === 'admin' || user.name !== request.session?.user ? PATH : '/settings'}?done=saved`,
    )
  },
)

/** Of two who set a password, the second would make the one worthless that the first has handed out. */
async function describePasswordChange(request: WebRequest): Promise<string> {
  const { name } = await findUser(request)
  const change = await findLastChange(request.web, { one: 'password of user', name })
  const who = change === null ? `Somebody, perhaps ${name},` : actorOf(change, request)
  return (
    `Not saved. ${who} set the password of ${name} after you opened this page. ` +
    `Set it again to replace that password.`
  )
}

export const setUserPassword = route(
  { path: `${PATH}/:user/password`, method: 'POST', access: 'admin', does: 'set password of user' },
  async (request) => {
    const { web, form, note } = request
    const user = await findUser(request)
    const password = form.get('password') ?? ''
    const problem = findPasswordProblem(password)
    if (problem !== null) return refuseForm(await userView(request, user, { password: problem }))
    const hash = await web.hashPassword(normalizePassword(password))
    const isKnown = isCurrent(passwordVersion(user.passwordHash), knownVersion(request), null)
    if (!isKnown || !(await web.store.users.setPassword(user.name, hash, user.passwordHash)))
      return refuseForm(
        await userView(request, await findUser(request), { form: await describePasswordChange(request) }),
        409,
      )
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

async function findUser({ params, web }: WebRequest): Promise<StoredUser> {
  const found = await web.store.users.find(params.user ?? '')
  if (!found) throw notFound('user')
  return found
}
