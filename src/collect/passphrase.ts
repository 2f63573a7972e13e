import { createHash, timingSafeEqual } from 'node:crypto'
import { MAX_PASSPHRASE } from '../domain/users/passphrase.ts'

/**
 * A check of what an agent says against every valid passphrase (several while they are being changed; none
 * lets nobody in). Takes the same time whatever is wrong with the one said.
 */
export function createPassphraseCheck(valid: readonly string[]): (said: unknown) => boolean {
  const digests = valid.filter((passphrase) => passphrase !== '').map(digest)
  return (said) => {
    if (typeof said !== 'string' || said.length > MAX_PASSPHRASE) return false
    const given = digest(said)
    let isValid = false
    for (const expected of digests) isValid = timingSafeEqual(given, expected) || isValid
    return isValid
  }
}

const digest = (passphrase: string) => createHash('sha256').update(passphrase).digest()
