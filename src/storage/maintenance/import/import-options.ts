import type { Severity } from '../../../domain/event.ts'
import type { Access } from '../../../domain/users/user.ts'
import type { Database } from '../../database/database.ts'
import type { HostReport, Store } from '../../ports/store.ts'
import type { OriginalReader, OriginalTable } from './tables.ts'

/** A row that was left out, and why. `row` names it for a person: its id, or its time and names. */
export type LeftOut = { readonly table: OriginalTable; readonly row: string; readonly reason: string }

/** A user that was made. */
export type ImportedUser = {
  readonly name: string
  readonly access: Access
  /** False for one whose password everybody guesses: an administrator has to set another. */
  readonly maySignIn: boolean
}

export type ImportOptions = {
  readonly original: OriginalReader
  readonly database: Database
  readonly store: Store
  readonly now: number
  /** The hash that is kept of a text; argon2id. */
  readonly hash: (text: string) => Promise<string>
  /** The SHA-224 values, in hexadecimal digits, of passwords that everybody guesses. */
  readonly commonHashes: ReadonlySet<string>
  /**
   * Whether rules are applied to events that are still open. Without it, imported events send no
   * notification.
   */
  readonly notifyOpen: boolean
  /** Severity of the event that a host is silent. */
  readonly availabilitySeverity: Severity
  readonly onLeftOut: (row: LeftOut) => void
  readonly onProgress: (table: OriginalTable, rows: number, total: number) => void
}

/** Counts a row as taken (`reason` null) or left out. */
export type Note = (row: () => string, reason: string | null) => void

/** A report of the import about a host. */
export function aReport(host: string, seen: number, report: Partial<HostReport>): HostReport {
  return { host, seen, facts: null, clockSkew: null, frames: [], events: [], ...report }
}
