/** A time in which a host was silent; `to` is null while it still is. Seconds since 1970. */
export type Outage = { readonly from: number; readonly to: number | null }

/** From one time to another, in seconds since 1970. */
export type Stretch = { readonly from: number; readonly to: number }

export type Downtime = {
  /** Seconds of the period in which the host was known. */
  readonly known: number
  readonly down: number
  /** Percent of the known time that it was up; null when it was not known in the period. */
  readonly percentUp: number | null
  /** Cut to the period, longest first. */
  readonly outages: readonly Stretch[]
}

/**
 * How long a host was down between two times. Outages that overlap count once; before `since` it was not
 * known.
 */
export function countDowntime(outages: readonly Outage[], from: number, to: number, since: number): Downtime {
  const start = Math.max(from, since)
  const known = Math.max(0, to - start)
  // Most hosts of most periods.
  if (outages.length === 0) return { known, down: 0, percentUp: known === 0 ? null : 100, outages: [] }
  const cut = outages
    .map((outage) => ({ from: Math.max(outage.from, start), to: Math.min(outage.to ?? to, to) }))
    .filter((outage) => outage.to > outage.from)
  const merged = mergeStretches(cut)
  const down = merged.reduce((sum, outage) => sum + outage.to - outage.from, 0)
  return {
    known,
    down,
    percentUp: known === 0 ? null : ((known - down) / known) * 100,
    outages: merged.sort((a, b) => b.to - b.from - (a.to - a.from)),
  }
}

/** Seconds of the outages that lie in any of the other stretches. */
export function countShared(outages: readonly Stretch[], others: readonly Stretch[]): number {
  const merged = mergeStretches(others)
  return mergeStretches(outages).reduce(
    (sum, outage) =>
      merged.reduce(
        (all, { from, to }) => all + Math.max(0, Math.min(to, outage.to) - Math.max(from, outage.from)),
        sum,
      ),
    0,
  )
}

/** In their order, those that touch as one. */
function mergeStretches(stretches: readonly Stretch[]): Stretch[] {
  const merged: { from: number; to: number }[] = []
  for (const stretch of [...stretches].sort((a, b) => a.from - b.from)) {
    const before = merged.at(-1)
    if (before && stretch.from <= before.to) before.to = Math.max(before.to, stretch.to)
    else merged.push({ ...stretch })
  }
  return merged
}
