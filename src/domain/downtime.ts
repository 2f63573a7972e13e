/** A time in which a host was silent; `to` is null while it still is. Seconds since 1970. */
export type Outage = { readonly from: number; readonly to: number | null }

export type Downtime = {
  /** Seconds of the period in which the host was known. */
  readonly known: number
  readonly down: number
  /** Percent of the known time that it was up; null when it was not known in the period. */
  readonly percentUp: number | null
  /** Cut to the period, longest first. */
  readonly outages: readonly { readonly from: number; readonly to: number }[]
}

/** How long a host was down between two times. Outages that overlap count once; before `since` it was not known. */
export function countDowntime(outages: readonly Outage[], from: number, to: number, since: number): Downtime {
  const start = Math.max(from, since)
  const known = Math.max(0, to - start)
  const cut = outages
    .map((outage) => ({ from: Math.max(outage.from, start), to: Math.min(outage.to ?? to, to) }))
    .filter((outage) => outage.to > outage.from)
    .sort((a, b) => a.from - b.from)
  const merged: { from: number; to: number }[] = []
  for (const outage of cut) {
    const before = merged.at(-1)
    if (before && outage.from <= before.to) before.to = Math.max(before.to, outage.to)
    else merged.push({ ...outage })
  }
  const down = merged.reduce((sum, outage) => sum + outage.to - outage.from, 0)
  return {
    known,
    down,
    percentUp: known === 0 ? null : ((known - down) / known) * 100,
    outages: merged.sort((a, b) => b.to - b.from - (a.to - a.from)),
  }
}
