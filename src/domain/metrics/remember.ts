/** Names remembered by each function. */
const MAX_NAMES = 10_000

/**
 * The function of names, computing each once: names of metrics come by the thousand, again and again. Whatever it gives is
 * shared, so it must not be changed.
 */
export function rememberByName<T>(compute: (name: string) => T): (name: string) => T {
  const known = new Map<string, { readonly value: T }>()
  return (name) => {
    const held = known.get(name)
    if (held !== undefined) return held.value
    if (known.size >= MAX_NAMES) known.clear()
    const value = compute(name)
    known.set(name, { value })
    return value
  }
}

/** Lists remembered by each function: those of the hosts that are looked at, and most hosts of a kind have the same. */
const MAX_LISTS = 50

/**
 * The function of a list of names, computing each list once. Whatever it gives is shared, so it must not be changed.
 */
export function rememberByNames<T>(
  compute: (names: readonly string[]) => T,
): (names: readonly string[]) => T {
  const known = new Map<string, { readonly value: T }>()
  return (names) => {
    const key = JSON.stringify(names)
    const held = known.get(key) ?? { value: compute(names) }
    if (known.size >= MAX_LISTS && !known.has(key)) known.clear()
    known.set(key, held)
    return held.value
  }
}
