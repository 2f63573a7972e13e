import type { DiskFailures } from '../ports/maintenance.ts'

export type TableShape = {
  readonly name: string
  readonly columns: readonly string[]
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[]
}

/** Work on a database as a whole, which differs between SQLite and MySQL. */
export type Upkeep = {
  /** Throws when the open files are no longer those that a new process would open. */
  checkFile(): void
  diskFailures(): DiskFailures
  /** All that it takes on disk. */
  countBytes(): Promise<number>
  /** Problems of the database's structure, found by the database itself, as sentences. */
  findDamage(): Promise<string[]>
  /** Writes a consistent copy without stopping other work. The file must not exist yet. */
  backUp(file: string): Promise<void>
  /** Every table, in the order of their names. */
  listTables(): Promise<TableShape[]>
  /** Gives free pages back to the filesystem. */
  reclaim(): Promise<void>
}
