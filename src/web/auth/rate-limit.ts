export type ThrottleOptions = {
  /** Failures that are free. */
  readonly tries: number
  /** Seconds of the first block; each further failure doubles it. */
  readonly firstBlock: number
  readonly longestBlock: number
  /** Seconds without a failure after which a key is forgotten. */
  readonly memory: number
  /** Keys remembered at most; the one that failed longest ago goes first. */
  readonly keys: number
}

/** Counts failures by key and computes how long a key has to wait. Times are seconds. */
export type RateLimit = {
  /** Seconds until the key may try again; 0 when it may now. */
  wait(key: string, now: number): number
  fail(key: string, now: number): void
  /** Takes back one failure. */
  undo(key: string): void
  forgive(key: string): void
}

type FailureEntry = { readonly failures: number; readonly last: number; readonly until: number }

export function createRateLimit(options: ThrottleOptions): RateLimit {
  // A key that fails is deleted and inserted again, so that the map is ordered by the newest failure.
  const entries = new Map<string, FailureEntry>()

  function find(key: string, now: number): FailureEntry | undefined {
    const entry = entries.get(key)
    if (entry && now >= entry.until && now - entry.last > options.memory) {
      entries.delete(key)
      return undefined
    }
    return entry
  }

  return {
    wait: (key, now) => Math.max(0, (find(key, now)?.until ?? 0) - now),
    fail(key, now) {
      const failures = (find(key, now)?.failures ?? 0) + 1
      const over = failures - options.tries
      const block =
        over < 0 ? 0 : Math.min(options.longestBlock, options.firstBlock * 2 ** Math.min(over, 30))
      entries.delete(key)
      entries.set(key, { failures, last: now, until: now + block })
      if (entries.size > options.keys) {
        const oldest = entries.keys().next()
        if (!oldest.done) entries.delete(oldest.value)
      }
    },
    undo(key) {
      const entry = entries.get(key)
      if (!entry) return
      const failures = entry.failures - 1
      if (failures <= 0) entries.delete(key)
      else entries.set(key, { ...entry, failures, until: failures < options.tries ? 0 : entry.until })
    },
    forgive: (key) => {
      entries.delete(key)
    },
  }
}
