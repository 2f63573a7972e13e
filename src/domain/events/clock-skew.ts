import { describeDuration } from '../time/duration.ts'

/** The clock of a host that reported lately: agent's minus server's, in seconds. */
export type HostClock = { readonly name: string; readonly skew: number }

export type ClockVerdict = {
  /**
   * Seconds that the server's clock is ahead of its hosts'; null while the server's clock is not in doubt.
   */
  readonly serverAhead: number | null
  /** How many hosts agree. */
  readonly agreeing: ReadonlySet<string>
}

/** Fewer hosts do not outvote the clock of the server. */
export const LEAST_HOSTS = 3

/**
 * Says whose clock is wrong. When more than half of the hosts, and three at least, differ from the server by
 * the same amount, it is the server that is wrong.
 */
export function evaluateClocks(clocks: readonly HostClock[], limit: number): ClockVerdict {
  const skews = clocks.map(({ skew }) => skew).sort((a, b) => a - b)
  const middle = skews[skews.length >> 1] ?? 0
  const agreeing = new Set(
    clocks.flatMap(({ name, skew }) => (Math.abs(skew - middle) <= limit ? [name] : [])),
  )
  const isServer =
    Math.abs(middle) > limit && agreeing.size >= LEAST_HOSTS && agreeing.size > clocks.length / 2
  return { serverAhead: isServer ? -middle : null, agreeing: isServer ? agreeing : new Set() }
}

/** `waits` is from how many seconds ahead on the samples of a host are not taken yet. */
export function describeHostClock(host: string, skew: number, waits: number): string {
  const way = skew > 0 ? 'ahead of' : 'behind'
  const consequence = skew > waits ? '; its samples wait until the clocks agree' : ''
  return `The clock of ${host} is ${describeDuration(Math.abs(skew))} ${way} the server's${consequence}`
}

/** `hosts` agree, of `all` that reported lately. */
export function describeServerClock(ahead: number, hosts: number, all: number, waits: number): string {
  const way = ahead > 0 ? 'ahead' : 'behind'
  const consequence = -ahead > waits ? '; their samples wait until it is set' : ''
  return `The clock of this server is ${describeDuration(Math.abs(ahead))} ${way}: so say ${hosts} of ${all} hosts${consequence}`
}
