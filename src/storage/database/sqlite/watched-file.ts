import { type Stats, statSync } from 'node:fs'

/** Device and inode of the file that is at this path now. */
export const identify = (file: string): string => nameOf(statSync(file))

/** Device and inode of a file. */
export const nameOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`

/** A file beside the database that is no longer in its place while it is open: what this process writes to it is lost. */
export class FileGoneError extends Error {
  /** Another process may have made a new one, and then knows nothing of what is in ours. */
  readonly isReplaced: boolean

  constructor(file: string, isReplaced: boolean) {
    super(`${file} was deleted or replaced while it is open: restart the server`)
    this.isReplaced = isReplaced
  }
}

/** Throws `FileGoneError` unless the file at this path is the one with this device and inode. */
export function statInPlace(file: string, identity: string): Stats {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined || nameOf(found) !== identity) throw new FileGoneError(file, found !== undefined)
  return found
}

/** SQLite's message about damage does not name the file; any other error is returned as it is. */
export function nameDamage(error: unknown, file: string): unknown {
  if (!isDamage(error)) return error
  return new Error(`${file} is damaged, or no database: put a backup in its place with monitor db restore`, {
    cause: error,
  })
}

export function isDamage(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  return /^SQLITE_(CORRUPT|NOTADB)/.test(String(code)) || (cause !== undefined && isDamage(cause))
}

/** The file of an open database: whether it is still at its path, and whether a read or write found it damaged. */
export class WatchedFile {
  readonly #file: string
  readonly #identity: string
  #damage: unknown = null

  /** `identity` is what `identify` returned when the file was opened. */
  constructor(file: string, identity: string) {
    this.#file = file
    this.#identity = identity
  }

  /** Throws when the file was deleted or replaced. */
  checkPlace(): void {
    const found = statSync(this.#file, { throwIfNoEntry: false })
    if (found === undefined) throw new Error(`the database file ${this.#file} was deleted while it is open`)
    if (nameOf(found) !== this.#identity)
      throw new Error(`the database file ${this.#file} was replaced while it is open: restart the server`)
  }

  /** Throws when the file was found damaged, deleted or replaced. */
  check(): void {
    if (this.#damage !== null) throw nameDamage(this.#damage, this.#file)
    this.checkPlace()
  }

  /** Keeps the first error that is damage, and returns the error. */
  noteDamage(error: unknown): unknown {
    if (isDamage(error)) this.#damage ??= error
    return error
  }
}
