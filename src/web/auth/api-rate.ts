/** Counts requests by whose token they carry. */
export type ApiRate = {
  /** Seconds until this user may ask again; 0 when the request may pass, which it then counts. */
  take(user: string, nowMs: number): number
}

/**
 * A bucket for each user that holds the requests of `perMinute` and fills up evenly: a burst is fine, more in the long
 * run is not. 0 bounds nothing. Users are few, so that none is forgotten.
 */
export function createApiRate(perMinute: number): ApiRate {
  const buckets = new Map<string, { left: number; atMs: number }>()
  return {
    take(user, nowMs) {
      if (perMinute === 0) return 0
      const perMs = perMinute / 60_000
      const held = buckets.get(user) ?? { left: perMinute, atMs: nowMs }
      const left = Math.min(perMinute, held.left + Math.max(0, nowMs - held.atMs) * perMs)
      buckets.set(user, { left: left >= 1 ? left - 1 : left, atMs: nowMs })
      return left >= 1 ? 0 : Math.ceil((1 - left) / perMs / 1000)
    },
  }
}
