/** One address, without a name before it. */
export function isMailAddress(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@,;:<>()[\]\\"\p{Cc}]{1,64}@[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(text)
  )
}

/**
 * Mailboxes that a mail server has of itself (RFC 2142, and `root`). No other name stands alone: a name that
 * was typed wrong is not to become an address.
 */
const LOCAL_MAILBOXES: ReadonlySet<string> = new Set([
  'root',
  'postmaster',
  'hostmaster',
  'webmaster',
  'abuse',
  'noc',
])

const MAX_RECIPIENTS = 100
const NAMED = /^(?:"[^"<>\p{Cc}]{0,100}"|[^"<>,\p{Cc}]{0,100}?)\s*<([^<>\s]+)>$/u

/**
 * Addresses separated by commas or semicolons, each alone, as `Name <address>`, or one of `LOCAL_MAILBOXES`.
 * Returns the addresses without names and without repetitions; null when one of them is none.
 */
export function parseRecipients(target: string): string[] | null {
  const parts = target
    .split(/[,;]/)
    .map((part) => part.trim())
    .map((part) => NAMED.exec(part)?.[1] ?? part)
  const isGood = parts.every((part) => isMailAddress(part) || LOCAL_MAILBOXES.has(part))
  return parts.length <= MAX_RECIPIENTS && isGood ? [...new Set(parts)] : null
}
