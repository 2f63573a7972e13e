export type TableShape = {
  readonly name: string
  readonly columns: readonly string[]
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[]
}

/** What is done to a database as a whole, which each kind has its own way of. */
export type Upkeep = {
  /** Throws when the files that are open are no more those that a new process would open. */
  checkFile(): void
  /** All that it takes on disk. */
  countBytes(): Promise<number>
  /** What the database itself finds wrong with its structure, as sentences. */
  findDamage(): Promise<string[]>
  /** Writes a consistent copy while everything else goes on. The file must not exist yet. */
  backUp(file: string): Promise<void>
  /** Every table, in the order of their names. */
  listTables(): Promise<TableShape[]>
  /** Gives free pages back to the filesystem. */
  reclaim(): Promise<void>
}
