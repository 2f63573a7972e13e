import type { Database, Value } from './database.ts'
import type { Session, SessionStore } from './store.ts'

export function createSessionStore(database: Database): SessionStore {
  const run = (sql: string, values: readonly Value[]) =>
    database.transaction((transaction) => transaction.run(sql, values))

  return {
    async add(tokenHash, user, created, expires) {
      const added = await run(
        `INSERT INTO session (token_hash, user, created, expires)
          SELECT ?, id, ?, ? FROM user WHERE name = ?`,
        [tokenHash, created, expires, user],
      )
      if (added === 0) throw new Error(`there is no user ${user}`)
    },

    async find(tokenHash, now) {
      const [row] = await database.query<Session>(
        `SELECT user.name AS user, user.access AS access, session.created AS created, session.expires AS expires
          FROM session JOIN user ON user.id = session.user
          WHERE session.token_hash = ? AND session.expires > ?`,
        [tokenHash, now],
      )
      return row ?? null
    },

    async extend(tokenHash, expires) {
      await run('UPDATE session SET expires = ? WHERE token_hash = ?', [expires, tokenHash])
    },

    async delete(tokenHash) {
      await run('DELETE FROM session WHERE token_hash = ?', [tokenHash])
    },

    prune: (now) => run('DELETE FROM session WHERE expires <= ?', [now]),
  }
}
