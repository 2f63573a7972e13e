import type { Dialect } from './dialect.ts'

/** What a statement's `?` may be bound to. */
export type Value = string | number | null | Uint8Array
export type Row = Readonly<Record<string, Value>>

export type Reader = {
  /** `T` names the columns that the statement selects; nothing checks that it does. */
  query<T extends object = Row>(sql: string, values?: readonly Value[]): Promise<T[]>
}

export type Transaction = Reader & {
  /** Resolves with the number of rows changed. */
  run(sql: string, values?: readonly Value[]): Promise<number>
  /** Inserts one row; resolves with the id that the database gave it. */
  insert(sql: string, values?: readonly Value[]): Promise<number>
}

/**
 * One database that both SQLite and, later, the MySQL protocol can be: shared statements above, adapters below.
 * `query` sees what is committed, never the inside of a transaction that is running.
 */
export type Database = Reader & {
  readonly dialect: Dialect
  /**
   * Runs `act` in a transaction of its own that holds the right to write from the start, and commits it to disk; a
   * throw rolls back and rejects. Transactions of one `Database` run one after the other.
   */
  transaction<T>(act: (transaction: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}
