import { readPreferences } from '../../domain/users/preferences.ts'
import { sessionId } from '../../domain/users/user.ts'
import type { Database, Value } from '../database/database.ts'
import type { ListedSession, Session, SessionStore } from '../ports/store.ts'

type SessionRow = Omit<Session, 'preferences' | 'mustChangePassword' | 'hasSecondStep'> & {
  preferences: string | null
  must_change: number
  second_step: number
}
type ListedRow = Omit<ListedSession, 'id' | 'address' | 'browser'> & {
  token_hash: string
  address: string | null
  browser: string | null
}

const MAX_LISTED = 1000

export function createSessionStore(database: Database): SessionStore {
  const run = (sql: string, values: readonly Value[]) =>
    database.transaction((transaction) => transaction.run(sql, values))

  return {
    async add({ tokenHash, user, created, expires, origin, passwordHash }) {
      const added = await run(
        `INSERT INTO session (token_hash, user, created, expires, address, browser)
          SELECT ?, id, ?, ?, ?, ? FROM user WHERE name = ?${passwordHash === undefined ? '' : ' AND password_hash = ?'}`,
        [
          tokenHash,
          created,
          expires,
          origin?.address.slice(0, 64) ?? null,
          origin?.browser.slice(0, 255) ?? null,
          user,
          ...(passwordHash === undefined ? [] : [passwordHash]),
        ],
      )
      return added > 0
    },

    async find(tokenHash, now) {
      const [row] = await database.query<SessionRow>(
        `SELECT user.name AS user, user.access AS access, session.created AS created, session.expires AS expires,
          user.preferences AS preferences, CASE WHEN user.password_hash LIKE 'temporary:%'
            OR user.password_hash LIKE 'original:%' THEN 1 ELSE 0 END AS must_change,
          EXISTS (SELECT 1 FROM second_factor WHERE second_factor.user = user.id) AS second_step
          FROM session JOIN user ON user.id = session.user
          WHERE session.token_hash = ? AND session.expires > ?`,
        [tokenHash, now],
      )
      return row ? toSession(row) : null
    },

    async list(user, now) {
      const rows = await database.query<ListedRow>(
        `SELECT session.token_hash AS token_hash, user.name AS user, user.access AS access,
          session.created AS created, session.expires AS expires, session.address AS address, session.browser AS browser
          FROM session JOIN user ON user.id = session.user
          WHERE session.expires > ? ${user === null ? '' : 'AND user.name = ?'}
          ORDER BY session.created DESC LIMIT ${MAX_LISTED}`,
        user === null ? [now] : [now, user],
      )
      return rows.map(({ token_hash: hash, address, browser, ...rest }) => ({
        ...rest,
        id: sessionId(hash),
        address: address ?? '',
        browser: browser ?? '',
      }))
    },

    async extend(tokenHash, expires) {
      await run('UPDATE session SET expires = ? WHERE token_hash = ?', [expires, tokenHash])
    },

    async delete(tokenHash) {
      await run('DELETE FROM session WHERE token_hash = ?', [tokenHash])
    },

    async revoke(id) {
      if (!/^[0-9a-f]{24}$/.test(id)) return false
      // `g` sorts behind every hexadecimal digit: the range holds what begins with the id.
      return (await run('DELETE FROM session WHERE token_hash >= ? AND token_hash < ?', [id, `${id}g`])) > 0
    },

    prune: (now) => run('DELETE FROM session WHERE expires <= ?', [now]),
  }
}

function toSession({
  preferences,
  must_change: mustChange,
  second_step: secondStep,
  ...session
}: SessionRow): Session {
  return {
    ...session,
    ...(mustChange === 1 && { mustChangePassword: true }),
    ...(secondStep === 1 && { hasSecondStep: true }),
    ...(preferences !== null && { preferences: readPreferences(JSON.parse(preferences)) }),
  }
}
