import type { WaitingHost } from '../../domain/hosts/waiting-host.ts'

/** A code by which new hosts join; the code itself is kept as a hash alone. */
export type EnrolmentCode = {
  readonly id: number
  /** The only name that it is valid for; null for any name that has no host. */
  readonly host: string | null
  readonly created: number
  readonly expires: number
  /** How many hosts may still join by it. */
  readonly uses: number
  /** The user who made it. */
  readonly actor: string
}

/**
 * - `enrolled`: the host's name belongs to the key now, or did already.
 * - `invalid`: there is no such code, or it is used up, expired, or for another name.
 * - `taken`: the code is valid, and the name belongs to another key.
 */
export type EnrolmentResult = 'enrolled' | 'invalid' | 'taken'

export type Redemption = {
  /** SHA-256 of the code's secret, in hexadecimal. */
  readonly codeHash: string
  readonly host: string
  /** SHA-256 of the host's key, in hexadecimal. */
  readonly keyHash: string
  /** Where the agent connects from, for the audit log. */
  readonly address: string
  readonly now: number
}

/** The queries of the collect engine before a sender is known. */
export type AdmissionStore = {
  /** True when one of the names is that of a host, or was, and the host belongs to the key. */
  isKeyOf(names: readonly string[], keyHash: string): Promise<boolean>
  /**
   * Takes one use of a code for a host and gives its name to the key. A second call for the same host and key
   * resolves with `enrolled` and takes nothing: the first answer may have been lost. Written to the audit
   * log.
   */
  redeem(redemption: Redemption): Promise<EnrolmentResult>
}

export type EnrolmentStore = AdmissionStore & {
  /** Resolves with the number of the code. Codes that ended long ago are dropped. */
  addCode(code: Omit<EnrolmentCode, 'id'> & { readonly codeHash: string }): Promise<number>
  /** Codes that are still valid, the newest first. */
  listCodes(now: number): Promise<readonly EnrolmentCode[]>
  /** False when there is none of this number. */
  revokeCode(id: number): Promise<boolean>
  /** New hosts that no user has decided on, the oldest first; at most `limit`, with the number of all. */
  listWaiting(limit: number): Promise<{ readonly total: number; readonly hosts: readonly WaitingHost[] }>
  /** Makes a host of it, also when it was refused before; false when none of this name waits. */
  approve(name: string, at: number): Promise<boolean>
  /**
   * The host is not listed any more, and its reports are still refused; false when none of this name waits.
   */
  refuse(name: string): Promise<boolean>
}
