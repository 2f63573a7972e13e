/**
 * Names what a thing holds: whoever changes it says which version was looked at, and is told when somebody else has
 * changed it meanwhile. Things that hold the same have the same version, in whatever order their fields stand.
 */
export const versionOf = (thing: object): string =>
  new Bun.CryptoHasher('sha256')
    .update(JSON.stringify(sortFields(thing)))
    .digest('hex')
    .slice(0, 16)

/** Versions of a thing that somebody may have looked at before changing it; null for whatever is stored. */
export type KnownVersions = readonly string[] | null

/** True where a change may be made: what is stored is a version that is known, or holds what is wanted already. */
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
