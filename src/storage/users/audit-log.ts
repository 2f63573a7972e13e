import type { Database, Value } from '../database/database.ts'
import type { AuditEntry, AuditStore } from '../ports/store.ts'

const COLUMNS = 'time, actor, way, address, action, detail'
const MAX_LIMIT = 1000
/** Longer ones are cut: an entry is a line to read. */
const MAX_DETAIL = 2000

export function createAuditStore(database: Database): AuditStore {
  return {
    async add({ time, actor, way, address, action, detail }) {
      await database.transaction((transaction) =>
        transaction.run(`INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`, [
          time,
          actor.slice(0, 255),
          way,
          address.slice(0, 64),
          action.slice(0, 100),
          detail.slice(0, MAX_DETAIL),
        ]),
      )
    },

    async list({ actor, search, offset = 0, limit = MAX_LIMIT }) {
      const parts: string[] = []
      const values: Value[] = []
      if (actor !== undefined) {
        parts.push('actor = ?')
        values.push(actor)
      }
      if (search !== undefined) {
        const pattern = `%${search.toLowerCase().replace(/[!%_]/g, '!$&')}%`
        parts.push(`(LOWER(action) LIKE ? ESCAPE '!' OR LOWER(detail) LIKE ? ESCAPE '!')`)
        values.push(pattern, pattern)
      }
      const where = parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : ''
      const [count] = await database.query<{ total: number }>(
        `SELECT COUNT(*) AS total FROM audit ${where}`,
        values,
      )
      const entries = await database.query<AuditEntry>(
        `SELECT ${COLUMNS} FROM audit ${where} ORDER BY id DESC LIMIT ? OFFSET ?`,
        [...values, Math.min(Math.max(limit, 0), MAX_LIMIT), Math.max(offset, 0)],
      )
      return { total: count?.total ?? 0, entries }
    },

    prune: (before, limit) =>
      database.transaction(async (transaction) => {
        const [last] = await transaction.query<{ time: number; id: number }>(
          'SELECT time, id FROM audit WHERE time < ? ORDER BY time, id LIMIT 1 OFFSET ?',
          [before, limit - 1],
        )
        if (last === undefined) return transaction.run('DELETE FROM audit WHERE time < ?', [before])
        return transaction.run('DELETE FROM audit WHERE time <= ? AND (time < ? OR id <= ?)', [
          last.time,
          last.time,
          last.id,
        ])
      }),
  }
}
