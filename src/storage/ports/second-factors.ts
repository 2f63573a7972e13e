/** Signing in with more than a password. Features take it from `store.ts`. */

export type SecondFactor = {
  /** Of RFC 6238, in base 32. The database holds it sealed: see `protect`. */
  readonly secret: string
  /** The newest step whose code was used. */
  readonly lastStep: number
  /** Seconds since 1970. */
  readonly since: number
  /** Recovery codes that were not used yet. */
  readonly recoveryCodes: number
}

/** Seals the secrets: `SecretBox` of `lib/` is one. */
export type SecretSealer = {
  /** A number that differs from key to key, and from which the key can't be derived. */
  readonly check: number
  seal(text: string): string
  /** Throws when it was sealed under another key. */
  open(sealed: string): string
}

export type SecondFactorStore = {
  /**
   * Seals the stored secrets and all later ones; from then on only sealed ones can be read. False when the
   * database is sealed under another key, and then nothing is changed.
   */
  protect(sealer: SecretSealer): Promise<boolean>
  /** Whether the database is sealed under some key. */
  isProtected(): Promise<boolean>
  /**
   * Ends the second factors of everybody and forgets the key, when it is lost; how many there were.
   */
  forgetAll(): Promise<number>
  /** Null when the user has none, or there is no such user. */
  find(user: string): Promise<SecondFactor | null>
  /**
   * Replaces an existing second factor by this one, with these recovery codes. False when there is no such
   * user.
   */
  set(
    user: string,
    factor: { secret: string; lastStep: number; since: number; recoveryHashes: readonly string[] },
  ): Promise<boolean>
  /** Replaces the recovery codes. False when the user has no second factor. */
  setRecovery(user: string, recoveryHashes: readonly string[]): Promise<boolean>
  /** Notes that the code of a step was used; false when it or a later one was used before. */
  takeStep(user: string, step: number): Promise<boolean>
  /** Uses up a recovery code; false when there is none of this hash. */
  takeRecovery(user: string, codeHash: string): Promise<boolean>
  /** False when there was none. */
  remove(user: string): Promise<boolean>
}
