export const DAY_SECONDS = 86_400

/** Days since 1970, UTC. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_SECONDS)
}
