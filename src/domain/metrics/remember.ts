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
