import { isCommonPassword } from './common-passwords.ts'

/** Access levels; each includes those before it. */
export const ACCESSES = ['viewer', 'operator', 'admin'] as const
export type Access = (typeof ACCESSES)[number]

export function isAccess(value: unknown): value is Access {
  return ACCESSES.includes(value as Access)
}

/** True when `held` covers `needed`. */
export function covers(held: Access, needed: Access): boolean {
  return ACCESSES.indexOf(held) >= ACCESSES.indexOf(needed)
}

export type User = {
  readonly name: string
  readonly access: Access
  readonly created: number
  /** Seconds since 1970 of the newest sign-in; null when there was none. */
  readonly lastSignIn: number | null
  readonly passwordState: PasswordState
  /** Seconds since 1970 at which an `original` password expires; absent for all others. */
  readonly passwordExpires?: number
}

/**
 * The kind of a user's password: `own`, chosen by the user; `temporary`, to be replaced at the first sign-in;
 * `original`, taken over from the original product for a time, to be replaced at the first sign-in;
 * `disabled`, none matches.
 */
export type PasswordState = 'own' | 'temporary' | 'original' | 'disabled'

export type StoredPassword = {
  readonly state: PasswordState
  /** The output of `Bun.password`; for `original` of the SHA-224 of the password, in hexadecimal digits. */
  readonly hash: string
  /** Seconds since 1970 at which an `original` password expires; null for all others. */
  readonly expires: number | null
}

const MARKED = /^(?:(temporary|disabled)|original:(\d{1,12})):(.*)$/

/**
 * Reads what the database keeps of a password: a hash, with a word before it where it is not the user's own.
 */
export function parseStoredPassword(stored: string): StoredPassword {
  const [, word, expires, hash] = MARKED.exec(stored) ?? []
  if (hash === undefined) return { state: 'own', hash: stored, expires: null }
  if (expires !== undefined) return { state: 'original', hash, expires: Number(expires) }
  return { state: word === 'temporary' ? 'temporary' : 'disabled', hash, expires: null }
}

/** The reverse of `parseStoredPassword`. */
export function writeStoredPassword({ state, hash, expires }: StoredPassword): string {
  if (state === 'own') return hash
  return state === 'original' ? `original:${expires ?? 0}:${hash}` : `${state}:${hash}`
}

/** At most 64 letters, digits and `. _ @ -`, in any script; what can be typed, printed and put in a path. */
export function isUserName(name: string): boolean {
  return name.length <= 64 && /^[\p{L}\p{N}][\p{L}\p{N}._@-]*$/u.test(name)
}

/** Characters of a password that a person chooses. */
export const MIN_PASSWORD = 8
export const MAX_PASSWORD = 1024

/** The problem of a password that a user chooses, as a sentence; null when it may be taken. */
export function findPasswordProblem(password: string): string | null {
  const { length } = [...password]
  if (length < MIN_PASSWORD) return `A password has at least ${MIN_PASSWORD} characters.`
  if (length > MAX_PASSWORD) return `A password has at most ${MAX_PASSWORD} characters.`
  return isCommonPassword(password) ? 'This password is among the first that anybody would guess.' : null
}

/**
 * A password in the one form in which it is hashed and compared: keyboards make the same letter in several
 * ways.
 */
export const normalizePassword = (password: string): string => password.normalize('NFC')

/** Names a session in lists without opening it: the beginning of the hash of its cookie. */
export const sessionId = (tokenHash: string) => tokenHash.slice(0, 24)
