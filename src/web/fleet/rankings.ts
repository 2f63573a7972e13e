import { type FleetEntry, rememberOf } from './fleet.ts'

const SHOWN = 5

const RANKINGS = [
  { name: 'CPU', metric: () => 'perf.processor.percent.used', of: (host: FleetEntry) => host.processor },
  { name: 'Memory', metric: () => 'perf.memory.percent.used', of: (host: FleetEntry) => host.memory },
  {
    name: 'Fullest disk',
    metric: (host: FleetEntry) => host.diskMetric,
    of: (host: FleetEntry) => host.disk,
  },
  {
    name: 'I/O pressure',
    metric: () => 'perf.pressure.io.some.percent',
    of: (host: FleetEntry) => host.ioPressure,
  },
] as const

/** The first few by their value, without sorting ten thousand of them. */
function pickTop(entries: readonly FleetEntry[], of: (host: FleetEntry) => number | null): FleetEntry[] {
  const top: FleetEntry[] = []
  let least = Number.NEGATIVE_INFINITY
  for (const host of entries) {
    const value = host.isDown ? null : of(host)
    if (value === null || (top.length === SHOWN && value <= least)) continue
    const at = top.findIndex((other) => (of(other) ?? 0) < value)
    top.splice(at < 0 ? top.length : at, 0, host)
    top.length = Math.min(top.length, SHOWN)
    least = of(top[top.length - 1] ?? host) ?? least
  }
  return top
}

/** The first hosts of each kind; computed once for each reading of the fleet. */
export const topsOf = rememberOf((entries) =>
  RANKINGS.map((ranking) => ({ ...ranking, top: pickTop(entries, ranking.of) })),
)
