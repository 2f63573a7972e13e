/** A clock that differs by more seconds than this counts as unknown. */
const MAX_SKEW = 0x7fffffff

/** Agent's clock minus server's clock in seconds; null when the agent sent none. */
export function skewOf(clock: number | null, seen: number): number | null {
  if (clock === null) return null
  const skew = clock - seen
  return Math.abs(skew) <= MAX_SKEW ? skew : null
}
