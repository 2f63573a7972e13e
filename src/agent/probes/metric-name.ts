/**
 * Turns any name the system gives (device, interface, sensor) into a part of a metric's name; empty when
 * nothing is left.
 */
export function toMetricPart(name: string): string {
  if (PLAIN.test(name)) return name
  return name
    .replace(/\/+/g, '.')
    .replace(/[^\p{L}\p{N}._:@+~#%()-]/gu, '_')
    .replace(/^\.+|\.+$/g, '')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^\p{L}\p{N}_]/u, '_')
    .slice(0, MAX_PART)
}

export type RenamedPart = { readonly name: string; readonly now: string }

/**
 * Hands out each name once: one that is taken gets `.2`, `.3` … behind it. `suffixes` are what metrics carry
 * behind a name: with `inodes`, a dataset `tank.inodes` would collide with the inodes of `tank`.
 */
export function createUniqueNames(suffixes: readonly string[] = []): {
  claim(name: string): string
  readonly renamed: readonly RenamedPart[]
} {
  const taken = new Set<string>()
  /** Where to go on looking, so that a thousand of one name do not take a million looks. */
  const next = new Map<string, number>()
  const renamed: RenamedPart[] = []
  const isTaken = (name: string) =>
    taken.has(name) || suffixes.some((suffix) => taken.has(`${name}.${suffix}`))
  return {
    renamed,
    claim(name) {
      let now = name
      for (let i = next.get(name) ?? 2; isTaken(now); i++) {
        now = `${name}.${i}`
        next.set(name, i + 1)
      }
      taken.add(now)
      for (const suffix of suffixes) taken.add(`${now}.${suffix}`)
      if (now !== name) renamed.push({ name, now })
      return now
    },
  }
}

/** Leaves room for what stands before and behind it in the longest legal name. */
const MAX_PART = 200

/** Nearly every name there is; asked first because it is asked in every cycle. */
const PLAIN = /^[A-Za-z0-9_]{1,200}$/
