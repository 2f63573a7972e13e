import { nameOrder } from '../../domain/hosts/name-order.ts'
import type { Database } from '../database/database.ts'

/** Hosts of one commit. */
const AT_ONCE = 500

/** Gives hosts that an older version stored their place among the names. Doing it twice changes nothing. */
export async function fillNameOrder(database: Database): Promise<void> {
  for (;;) {
    const rows = await database.query<{ id: number; name: string }>(
      'SELECT id, name FROM host WHERE name_order IS NULL LIMIT ?',
      [AT_ONCE],
    )
    if (rows.length === 0) return
    await database.transaction(async (transaction) => {
      for (const { id, name } of rows)
        await transaction.run('UPDATE host SET name_order = ? WHERE id = ? AND name = ?', [
          nameOrder(name),
          id,
          name,
        ])
    })
  }
}
