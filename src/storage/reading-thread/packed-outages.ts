import type { Outage } from '../../domain/events/downtime.ts'
import type { KnownSpan } from '../ports/store.ts'

/**
 * Lists of small objects for another thread, as arrays of numbers: to copy tens of thousands of objects keeps both threads
 * busy ten times as long.
 */

/** Names, and of each of them the times `firstSeen` and `lastSeen`. */
export type PackedSpans = { readonly names: readonly string[]; readonly times: Float64Array }

export function packSpans(spans: readonly KnownSpan[]): PackedSpans {
  const times = new Float64Array(spans.length * 2)
  const names = spans.map(({ name, firstSeen, lastSeen }, i) => {
    times[i * 2] = firstSeen
    times[i * 2 + 1] = lastSeen
    return name
  })
  return { names, times }
}

export const unpackSpans = ({ names, times }: PackedSpans): KnownSpan[] =>
  names.map((name, i) => ({ name, firstSeen: times[i * 2] ?? 0, lastSeen: times[i * 2 + 1] ?? 0 }))

/** Names, how many outages each has, and of each outage `from` and `to`; no number where it is not over. */
export type PackedOutages = {
  readonly names: readonly string[]
  readonly counts: Uint32Array
  readonly times: Float64Array
}

export function packOutages(byHost: ReadonlyMap<string, readonly Outage[]>): PackedOutages {
  const lists = [...byHost.values()]
  const times = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0) * 2)
  let at = 0
  for (const list of lists)
    for (const { from, to } of list) {
      times[at++] = from
      times[at++] = to ?? Number.NaN
    }
  return { names: [...byHost.keys()], counts: Uint32Array.from(lists, ({ length }) => length), times }
}

export function unpackOutages({ names, counts, times }: PackedOutages): Map<string, Outage[]> {
  const byHost = new Map<string, Outage[]>()
  let at = 0
  for (const [i, name] of names.entries()) {
    const list: Outage[] = []
    for (let left = counts[i] ?? 0; left > 0; left--) {
      const from = times[at++] ?? 0
      const to = times[at++] ?? Number.NaN
      list.push({ from, to: Number.isNaN(to) ? null : to })
    }
    byHost.set(name, list)
  }
  return byHost
}
