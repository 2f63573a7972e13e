import type { OpenDatabase } from '../../src/storage/database/open.ts'

/** Tables that only one kind of database has, for its own work. */
const OWN = ['migration_lock']

/** Each table of the database with the names of its columns, as one line that can be compared. */
export async function describeTables({ upkeep }: OpenDatabase): Promise<string[]> {
  const tables = await upkeep.listTables()
  return tables
    .filter(({ name }) => !OWN.includes(name))
    .map(({ name, columns }) => `${name}: ${[...columns].sort().join(' ')}`)
    .sort()
}
