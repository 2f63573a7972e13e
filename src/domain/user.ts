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
