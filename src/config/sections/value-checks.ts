import { MAX_PASSPHRASE } from '../../domain/users/passphrase.ts'
import { parseAddressRange } from '../../lib/address-range.ts'

/** What was expected of a passphrase; null when it is valid. */
export function checkPassphrase(text: string): string | null {
  return text.length <= MAX_PASSPHRASE ? null : `at most ${MAX_PASSPHRASE} characters`
}

/** What was expected of a range of addresses; null when it is valid. */
export function checkRange(text: string): string | null {
  return parseAddressRange(text) === null ? 'ranges such as "10.0.0.0/8"' : null
}

/** What was expected of a URL of the web; null when it is valid. */
export function checkUrl(text: string): string | null {
  const isRight = URL.canParse(text) && /^https?:\/\//i.test(text) && !/\s/.test(text)
  return isRight ? null : 'an address such as "https://example.org/path"'
}

/** What was expected of a path before all addresses; null when it is valid. */
export function checkBasePath(text: string): string | null {
  return /^(\/[A-Za-z0-9._~-]+)+$/.test(text) ? null : 'a path such as "/monitor", without a slash at its end'
}
