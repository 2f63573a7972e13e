export type BackoffOptions = {
  readonly leastMs: number
  readonly mostMs: number
  /** 0 to below 1. */
  readonly random?: () => number
}

export type Backoff = {
  /**
   * How long to wait after one more failure: doubles from `leastMs` to `mostMs`, less up to half of it by
   * chance.
   */
  nextMs(): number
  reset(): void
}

/** The chance keeps many clients that failed at one moment from coming back at one moment. */
export function createBackoff({ leastMs, mostMs, random = Math.random }: BackoffOptions): Backoff {
  let ceilingMs = leastMs
  return {
    nextMs() {
      const delayMs = ceilingMs * (0.5 + random() / 2)
      ceilingMs = Math.min(mostMs, ceilingMs * 2)
      return delayMs
    },
    reset() {
      ceilingMs = leastMs
    },
  }
}
