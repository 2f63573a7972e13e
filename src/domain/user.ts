/** What a user may do; each one includes those before it. */
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
}

/** At most 64 letters, digits and `. _ @ -`, in any script; what can be typed, printed and put in a path. */
export function isUserName(name: string): boolean {
  return name.length <= 64 && /^[\p{L}\p{N}][\p{L}\p{N}._@-]*$/u.test(name)
}

/** Characters of a password that a person chooses. */
export const MIN_PASSWORD = 8
export const MAX_PASSWORD = 1024

/** Names a session in lists without opening it: the beginning of the hash of its cookie. */
export const sessionId = (tokenHash: string) => tokenHash.slice(0, 24)
