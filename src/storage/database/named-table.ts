import type { Database, Transaction, Value } from './database.ts'

/** How the rows of a small table, whose names are unique, become things and back. */
type Shape<T, R> = {
  readonly table: string
  readonly columns: readonly string[]
  /** The values of `columns`. */
  readonly toValues: (one: Omit<T, 'id'>) => readonly Value[]
  readonly toThing: (row: R) => T
  /** Runs in the transaction of an update, before it. */
  readonly beforeUpdate?: (transaction: Transaction, one: T) => Promise<void>
}

/** Rules, windows and targets: few, written by users, and always read as a whole. */
export function createNamedRows<T extends { readonly id: number; readonly name: string }, R extends object>(
  database: Database,
  { table, columns, toValues, toThing, beforeUpdate }: Shape<T, R>,
) {
  const select = `SELECT id, ${columns.join(', ')} FROM ${table}`

  const isTaken = async (transaction: Transaction, name: string, id: number) =>
    (await transaction.query(`SELECT id FROM ${table} WHERE name = ? AND id <> ?`, [name, id])).length > 0

  return {
    list: async () => (await database.query<R>(`${select} ORDER BY name`)).map(toThing),

    async find(id: number) {
      const [row] = await database.query<R>(`${select} WHERE id = ?`, [id])
      return row ? toThing(row) : null
    },

    add: (one: Omit<T, 'id'> & { readonly name: string }) =>
      database.transaction(async (transaction) => {
        if (await isTaken(transaction, one.name, 0)) return null
        const places = columns.map(() => '?').join(', ')
        return transaction.insert(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`,
          toValues(one),
        )
      }),

    update: (one: T, isKnown: (current: T) => boolean = () => true) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<R>(`${select} WHERE id = ? ${database.dialect.forUpdate}`, [
          one.id,
        ])
        if (!row) return 'unknown'
        if (!isKnown(toThing(row))) return 'outdated'
        if (await isTaken(transaction, one.name, one.id)) return 'taken'
        await beforeUpdate?.(transaction, one)
        const sets = columns.map((column) => `${column} = ?`).join(', ')
        await transaction.run(`UPDATE ${table} SET ${sets} WHERE id = ?`, [...toValues(one), one.id])
        return 'updated'
      }),
  } as const
}
