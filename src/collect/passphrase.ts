import { createHash, timingSafeEqual } from 'node:crypto'
import type { Admission } from '../domain/hosts/host.ts'
import { MAX_PASSPHRASE } from '../domain/users/passphrase.ts'

/** Which of the valid passphrases it was: the first, or one of those behind it. */
export type PassphraseAge = Exclude<Admission, 'key'>

/**
 * Compares an agent's passphrase with every valid one (several while they are being changed; with none, every
 * agent is refused). Takes the same time whatever is wrong with the given one.
 */
export function createPassphraseCheck(valid: readonly string[]): (said: unknown) => PassphraseAge | null {
  const digests = valid.filter((passphrase) => passphrase !== '').map(digest)
  return (said) => {
    if (typeof said !== 'string' || said.length > MAX_PASSPHRASE) return null
    const given = digest(said)
    let found: PassphraseAge | null = null
    for (const [at, expected] of digests.entries())
      if (timingSafeEqual(given, expected)) found ??= at === 0 ? 'current' : 'previous'
    return found
  }
}

const digest = (passphrase: string) => createHash('sha256').update(passphrase).digest()
