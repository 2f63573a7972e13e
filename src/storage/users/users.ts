import { type Access, parseStoredPassword, type User } from '../../domain/users/user.ts'
import type { Database, Transaction } from '../database/database.ts'
import { takeMaintenanceLock } from '../database/write-locks.ts'
import type { UserStore } from '../ports/store.ts'
import { releaseViews } from './saved-views.ts'
import { removeSecondFactor } from './second-factors.ts'

type UserRow = {
  id: number
  name: string
  access: Access
  password_hash: string
  created: number
  last_sign_in: number | null
}

const SELECT = 'SELECT id, name, access, password_hash, created, last_sign_in FROM user'

export function createUserStore(database: Database): UserStore {
  /**
   * Runs `act` with the user's id; false when there is no such user, or another password than `known` is
   * stored.
   */
  const change = (
    name: string,
    act: (transaction: Transaction, id: number) => Promise<unknown>,
    known?: string,
  ) =>
    database.transaction(async (transaction) => {
      const [row] = await transaction.query<UserRow>(`${SELECT} WHERE name = ?`, [name])
      if (!row || (known !== undefined && row.password_hash !== known)) return false
      await act(transaction, row.id)
      return true
    })

  /** Runs `act` with the user's id, unless that would leave no admin. */
  const changeAdmins = <T>(
    name: string,
    staysAdmin: boolean,
    act: (transaction: Transaction, id: number, before: Access) => Promise<T>,
  ) =>
    database.transaction(async (transaction) => {
      // Two concurrent changes that take away the last two admins run one after the other, on a cluster too.
      await takeMaintenanceLock(transaction)
      const [row] = await transaction.query<UserRow>(`${SELECT} WHERE name = ?`, [name])
      if (!row) return 'unknown'
      if (row.access === 'admin' && !staysAdmin && (await countAdmins(transaction)) === 1) return 'only admin'
      return act(transaction, row.id, row.access)
    })

  return {
    list: async () => (await database.query<UserRow>(`${SELECT} ORDER BY name`)).map(toUser),

    async find(name) {
      const [row] = await database.query<UserRow>(`${SELECT} WHERE name = ?`, [name])
      return row ? { ...toUser(row), passwordHash: row.password_hash } : null
    },

    add: (name, access, passwordHash, at) =>
      database.transaction(async (transaction) => {
        const insert = database.dialect.insertMissing(
          'user',
          ['name', 'access', 'password_hash', 'created'],
          1,
        )
        return (await transaction.run(insert, [name, access, passwordHash, at])) > 0
      }),

    setPassword: (name, passwordHash, known) =>
      change(
        name,
        async (transaction, id) => {
          await transaction.run('UPDATE user SET password_hash = ? WHERE id = ?', [passwordHash, id])
          await transaction.run('DELETE FROM session WHERE user = ?', [id])
        },
        known,
      ),

    setPreferences: (name, preferences) =>
      change(name, (transaction, id) =>
        transaction.run('UPDATE user SET preferences = ? WHERE id = ?', [JSON.stringify(preferences), id]),
      ),

    setAccess: (name, access, known) =>
      changeAdmins(name, access === 'admin', async (transaction, id, before) => {
        if (known !== undefined && before !== known) return 'outdated' as const
        await transaction.run('UPDATE user SET access = ? WHERE id = ?', [access, id])
        return 'changed' as const
      }),

    delete: (name) =>
      changeAdmins(name, false, async (transaction, id) => {
        await transaction.run('DELETE FROM session WHERE user = ?', [id])
        await transaction.run('DELETE FROM token WHERE user = ?', [id])
        await removeSecondFactor(transaction, id)
        await releaseViews(transaction, id)
        await transaction.run('DELETE FROM user WHERE id = ?', [id])
        return 'deleted' as const
      }),

    async noteSignIn(name, at) {
      await change(name, (transaction, id) =>
        transaction.run('UPDATE user SET last_sign_in = ? WHERE id = ?', [at, id]),
      )
    },
  }
}

async function countAdmins(transaction: Transaction): Promise<number> {
  const [count] = await transaction.query<{ total: number }>(
    `SELECT COUNT(*) AS total FROM user WHERE access = 'admin'`,
  )
  return count?.total ?? 0
}

function toUser(row: UserRow): User {
  const { name, access, created, last_sign_in: lastSignIn, password_hash: stored } = row
  const { state, expires } = parseStoredPassword(stored)
  return {
    name,
    access,
    created,
    lastSignIn,
    passwordState: state,
    ...(expires !== null && { passwordExpires: expires }),
  }
}
