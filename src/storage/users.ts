import type { Access, User } from '../domain/user.ts'
import type { Database, Transaction } from './database.ts'
import { removeSecondFactor } from './second-factors.ts'
import type { UserStore } from './store.ts'

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
  /** Runs `act` with the user's id; false when there is no such user. */
  const change = (name: string, act: (transaction: Transaction, id: number) => Promise<unknown>) =>
    database.transaction(async (transaction) => {
      const [row] = await transaction.query<UserRow>(`${SELECT} WHERE name = ?`, [name])
      if (!row) return false
      await act(transaction, row.id)
      return true
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

    setPassword: (name, passwordHash) =>
      change(name, async (transaction, id) => {
        await transaction.run('UPDATE user SET password_hash = ? WHERE id = ?', [passwordHash, id])
        await transaction.run('DELETE FROM session WHERE user = ?', [id])
      }),

    setAccess: (name, access) =>
      change(name, (transaction, id) =>
        transaction.run('UPDATE user SET access = ? WHERE id = ?', [access, id]),
      ),

    setPreferences: (name, preferences) =>
      change(name, (transaction, id) =>
        transaction.run('UPDATE user SET preferences = ? WHERE id = ?', [JSON.stringify(preferences), id]),
      ),

    delete: (name) =>
      change(name, async (transaction, id) => {
        await transaction.run('DELETE FROM session WHERE user = ?', [id])
        await transaction.run('DELETE FROM token WHERE user = ?', [id])
        await removeSecondFactor(transaction, id)
        await transaction.run('DELETE FROM user WHERE id = ?', [id])
      }),

    async noteSignIn(name, at) {
      await change(name, (transaction, id) =>
        transaction.run('UPDATE user SET last_sign_in = ? WHERE id = ?', [at, id]),
      )
    },
  }
}

function toUser(row: UserRow): User {
  return { name: row.name, access: row.access, created: row.created, lastSignIn: row.last_sign_in }
}
