import type { Dialect } from './dialect.ts'

/** The values that a statement's `?` may be bound to. */
export type Value = string | number | null | Uint8Array
export type Row = Readonly<Record<string, Value>>

export type Reader = {
  readonly dialect: Dialect
  /** `T` names the columns that the statement selects; nothing checks that it does. */
  query<T extends object = Row>(sql: string, values?: readonly Value[]): Promise<T[]>
  /**
   * Statements between two calls that return the same number have seen the same committed data. Missing where each
   * statement may see newer data than the one before.
   */
  readonly snapshot?: () => number
}

export type Transaction = Reader & {
  /** Resolves with the number of rows changed. */
  run(sql: string, values?: readonly Value[]): Promise<number>
  /** Inserts one row; resolves with the id that the database gave it. */
  insert(sql: string, values?: readonly Value[]): Promise<number>
}

export type CommitOptions = {
  /**
   * The thread does other work while the commit is flushed to disk. The transaction resolves after that, as without it. When
   * the disk fails then, it rejects although it is committed: it is for writes that may be done again.
   */
  readonly flushesAside?: boolean
  /**
   * The pages that are changed lie all over the database: a log of them is moved there in smaller parts, because others wait
   * for that. Each page may be written more often for it.
   */
  readonly isScattered?: boolean
}

/**
 * One database, SQLite or MySQL and MariaDB: shared statements above, adapters below. `query` sees committed
 * data, never the inside of a running transaction.
 */
export type Database = Reader & {
  /**
   * Runs `act` in a transaction of its own and commits it to disk; a throw rolls back and rejects.
   * Transactions of one `Database` run one after the other. On SQLite it holds the write lock from the start.
   * On MySQL other transactions write at the same time: each statement sees what is committed by then (READ
   * COMMITTED), rows that are read to be changed are locked (`dialect.forUpdate`, `write-locks.ts`), and
   * `act` runs again from its beginning after a conflict, so it must have no side effects beside its writes.
   */
  transaction<T>(act: (transaction: Transaction) => Promise<T>, options?: CommitOptions): Promise<T>
  close(): Promise<void>
}
