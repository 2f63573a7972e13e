/**
 * Identifies the content of a thing: a client that changes it sends the version that it has read, and gets an
 * error when another user has changed it meanwhile. Equal contents have the same version, in any order of
 * their fields.
 */
export const versionOf = (thing: object): string =>
  new Bun.CryptoHasher('sha256')
    .update(JSON.stringify(sortFields(thing)))
    .digest('hex')
    .slice(0, 16)

/**
 * Versions of a thing that the client may have read before it changes it; null accepts any stored version.
 */
export type KnownVersions = readonly string[] | null

/**
 * True when a change may be made: the stored version is a known one, or equals the wanted content already.
 */
export function isCurrent(stored: object, known: KnownVersions, wanted: object | null): boolean {
  if (known === null) return true
  const version = versionOf(stored)
  return known.includes(version) || (wanted !== null && version === versionOf(wanted))
}

function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sortFields(inner)]),
  )
}
