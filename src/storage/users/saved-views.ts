import { MAX_VIEWS, type SavedView } from '../../domain/users/saved-view.ts'
import type { Database, Transaction } from '../database/database.ts'
import type { SavedViewStore } from '../ports/store.ts'

type ViewRow = { id: number; name: string; path: string; owner: string | null; is_shared: number }

const COLUMNS = `saved_view.id AS id, saved_view.name AS name, saved_view.path AS path, user.name AS owner,
  saved_view.is_shared AS is_shared`
const FROM = 'FROM saved_view LEFT JOIN user ON user.id = saved_view.user'
const SELECT = `SELECT ${COLUMNS} ${FROM}`
const SELECT_WITH_USER = `SELECT ${COLUMNS}, saved_view.user AS user ${FROM}`
/** More are never listed: each user has a bounded number. */
const MAX_LISTED = 10_000

export function createSavedViewStore(database: Database): SavedViewStore {
  const isTaken = async (transaction: Transaction, user: number, name: string, but: number) =>
    (
      await transaction.query('SELECT id FROM saved_view WHERE user = ? AND name = ? AND id <> ?', [
        user,
        name,
        but,
      ])
    ).length > 0

  return {
    async list(user) {
      const rows = await database.query<ViewRow>(
        `${SELECT}${user === null ? '' : ' WHERE saved_view.is_shared = 1 OR user.name = ?'}
          ORDER BY saved_view.name, saved_view.id LIMIT ${MAX_LISTED}`,
        user === null ? [] : [user],
      )
      return rows.map(toView)
    },

    async find(id) {
      const [row] = await database.query<ViewRow>(`${SELECT} WHERE saved_view.id = ?`, [id])
      return row ? toView(row) : null
    },

    add: ({ name, path, owner, isShared }) =>
      database.transaction(async (transaction) => {
        const [user] = await transaction.query<{ id: number }>('SELECT id FROM user WHERE name = ?', [owner])
        if (!user) return 'unknown'
        if (await isTaken(transaction, user.id, name, 0)) return 'taken'
        const [count] = await transaction.query<{ total: number }>(
          'SELECT COUNT(*) AS total FROM saved_view WHERE user = ?',
          [user.id],
        )
        if ((count?.total ?? 0) >= MAX_VIEWS) return 'full'
        return transaction.insert(
          'INSERT INTO saved_view (user, name, path, is_shared) VALUES (?, ?, ?, ?)',
          [user.id, name, path, isShared ? 1 : 0],
        )
      }),

    update: ({ id, name, path, isShared }, isKnown = () => true) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<ViewRow & { user: number }>(
          `${SELECT_WITH_USER} WHERE saved_view.id = ? ${database.dialect.forUpdate}`,
          [id],
        )
        if (!row) return 'unknown'
        const { user: _, ...current } = row
        if (!isKnown(toView(current))) return 'outdated'
        if (await isTaken(transaction, row.user, name, id)) return 'taken'
        await transaction.run('UPDATE saved_view SET name = ?, path = ?, is_shared = ? WHERE id = ?', [
          name,
          path,
          isShared ? 1 : 0,
          id,
        ])
        return 'done'
      }),

    delete: (id) =>
      database.transaction(
        async (transaction) => (await transaction.run('DELETE FROM saved_view WHERE id = ?', [id])) > 0,
      ),
  }
}

/** When a user is deleted, the shared views stay, without an owner. */
export async function releaseViews(transaction: Transaction, user: number): Promise<void> {
  await transaction.run('DELETE FROM saved_view WHERE user = ? AND is_shared = 0', [user])
  await transaction.run('UPDATE saved_view SET user = 0 WHERE user = ?', [user])
}

const toView = ({ is_shared: isShared, ...rest }: ViewRow): SavedView => ({
  ...rest,
  isShared: isShared === 1,
})
