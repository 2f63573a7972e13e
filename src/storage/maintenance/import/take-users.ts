import { isUserName, writeStoredPassword } from '../../../domain/users/user.ts'
import type { ImportedUser, ImportOptions, Note } from './import-options.ts'
import { isTrue } from './read-values.ts'

/** Seconds for which a password of the original is accepted once more. */
const PASSWORD_SECONDS = 30 * 86_400

/** Creates the users whose names are not taken here. Their old password is accepted once. */
export async function takeUsers(
  { original, store, now, hash, commonHashes }: ImportOptions,
  note: Note,
  onNew: (user: ImportedUser) => void,
) {
  await original.read('users', async (row) => {
    const name = String(row.name ?? '').trim()
    note(() => String(row.name), isUserName(name) ? null : 'the name is no user name')
    if (!isUserName(name) || (await store.users.find(name)) !== null) return
    // Everybody there could close events, whatever their role.
    const access = isTrue(row.role) || /^admin/i.test(String(row.role)) ? 'admin' : 'operator'
    const old = String(row.password ?? '').toLowerCase()
    const maySignIn = /^[0-9a-f]{56}$/.test(old) && !commonHashes.has(old)
    const password = maySignIn
      ? ({ state: 'original', hash: await hash(old), expires: now + PASSWORD_SECONDS } as const)
      : ({ state: 'disabled', hash: await hash(crypto.randomUUID()), expires: null } as const)
    if (await store.users.add(name, access, writeStoredPassword(password), now))
      onNew({ name, access, maySignIn })
  })
}
