/** Signing in with more than a password. Features take it from `store.ts`. */

export type SecondFactor = {
  /**
   * Of RFC 6238, in base 32. Whoever reads the database can make its codes: it takes the place of no
   * password.
   */
  readonly secret: string
  /** The newest step whose code was used. */
  readonly lastStep: number
  /** Seconds since 1970. */
  readonly since: number
  /** Recovery codes that were not used yet. */
  readonly recoveryCodes: number
}

export type SecondFactorStore = {
  /** Null when the user has none, or there is no such user. */
  find(user: string): Promise<SecondFactor | null>
  /** Puts it in place of any that was there, with these recovery codes. False when there is no such user. */
  set(
    user: string,
    factor: { secret: string; lastStep: number; since: number; recoveryHashes: readonly string[] },
  ): Promise<boolean>
  /** Puts other recovery codes in place of those that there are. False when the user has no second factor. */
  setRecovery(user: string, recoveryHashes: readonly string[]): Promise<boolean>
  /** Notes that the code of a step was used; false when it or a later one was used before. */
  takeStep(user: string, step: number): Promise<boolean>
  /** Uses up a recovery code; false when there is none of this hash. */
  takeRecovery(user: string, codeHash: string): Promise<boolean>
  /** False when there was none. */
  remove(user: string): Promise<boolean>
}
