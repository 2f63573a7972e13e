/** What is done to a database as a whole, which each kind has its own way of. */
export type Upkeep = {
  /** All that it takes on disk. */
  countBytes(): Promise<number>
  /** What the database itself finds wrong with its structure, as sentences. */
  findDamage(): Promise<string[]>
  /** Writes a consistent copy while everything else goes on. The file must not exist yet. */
  backUp(file: string): Promise<void>
  /** Gives free pages back to the filesystem. */
  compact(): Promise<void>
}
