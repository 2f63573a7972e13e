import { type Access, covers } from '../../domain/users/user.ts'
import type { Database, Value } from '../database/database.ts'
import { parseGroups } from '../hosts/groups.ts'
import type { ApiToken, TokenStore } from '../ports/store.ts'

type TokenRow = {
  id: number
  name: string
  user: string
  access: Access
  bound: Access | null
  within_groups: string | null
  created: number
  expires: number | null
  last_used: number | null
}

const SELECT = `SELECT token.id AS id, token.name AS name, user.name AS user, user.access AS access, token.access AS bound,
  token.within_groups AS within_groups,
  token.created AS created, token.expires AS expires, token.last_used AS last_used
  FROM token JOIN user ON user.id = token.user`

export function createTokenStore(database: Database): TokenStore {
  const run = (sql: string, values: readonly Value[]) =>
    database.transaction((transaction) => transaction.run(sql, values))

  return {
    add: ({ name, user, tokenHash, created, expires, access, groups = null }) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<{ id: number }>('SELECT id FROM user WHERE name = ?', [user])
        if (!row) throw new Error(`there is no user ${user}`)
        return transaction.insert(
          `INSERT INTO token (name, user, token_hash, created, expires, access, within_groups)
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
          [
            ...[name, row.id, tokenHash, created, expires, access ?? null],
            groups === null ? null : JSON.stringify(groups),
          ],
        )
      }),

    list: async () => (await database.query<TokenRow>(`${SELECT} ORDER BY token.id`)).map(toToken),

    async find(tokenHash, now) {
      const [row] = await database.query<TokenRow>(
        `${SELECT} WHERE token.token_hash = ? AND (token.expires IS NULL OR token.expires > ?)`,
        [tokenHash, now],
      )
      return row ? toToken(row) : null
    },

    delete: async (id) => (await run('DELETE FROM token WHERE id = ?', [id])) > 0,

    async noteUse(id, at) {
      await run('UPDATE token SET last_used = ? WHERE id = ?', [at, id])
    },
  }
}

/** Whoever lost access lost that of the tokens too. */
function toToken({ last_used: lastUsed, bound, within_groups: within, ...rest }: TokenRow): ApiToken {
  const access = bound !== null && covers(rest.access, bound) ? bound : rest.access
  return { ...rest, access, lastUsed, groups: within === null ? null : parseGroups(within) }
}
