/** The database would not take a value as it is. */
export class ValueRefusedError extends Error {
  constructor(reason: string) {
    super(`the database would not take a row as it is: ${reason}`)
    this.name = 'ValueRefusedError'
  }
}

/** SQLite's error codes for a value that it can't hold. */
const SQLITE = /^SQLITE_(TOOBIG|CONSTRAINT|MISMATCH|RANGE)/
/** A data exception, or a constraint that is not kept. */
const SQL_STATE = /^2[23]/
/**
 * Numbers of MySQL and MariaDB that have no such state: a text that is none in the column's characters, and a
 * bad value.
 */
const NUMBERS: ReadonlySet<unknown> = new Set([1366, 1264, 1406, 1292, 3819, 4025])

/**
 * True when a statement failed because of the values it was given. The same values fail again, while
 * everything else can be stored; any other failure is not caused by the values.
 */
export function isContentError(error: unknown): boolean {
  if (error instanceof ValueRefusedError || error instanceof RangeError) return true
  const { code, sqlState, errno } = (error ?? {}) as { code?: unknown; sqlState?: unknown; errno?: unknown }
  return SQLITE.test(String(code)) || SQL_STATE.test(String(sqlState)) || NUMBERS.has(errno)
}
