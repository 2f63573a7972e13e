import type { HostFacts } from '../../src/domain/hosts/host.ts'
import type { Frame, Series } from '../../src/domain/sample.ts'
import type { HostReport } from '../../src/storage/ports/store.ts'

export const FACTS: HostFacts = {
  ip: '10.0.0.5',
  platform: 'Linux',
  build: 'Debian GNU/Linux 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memoryMb: 7976,
}

/** Midnight of a day in 2026. */
export const MIDNIGHT = Date.UTC(2026, 0, 10) / 1000

export function aReport(host: string, report: Partial<HostReport> = {}): HostReport {
  return { host, facts: FACTS, seen: MIDNIGHT, clockSkew: 0, frames: [], events: [], ...report }
}

export function aFrame(time: number, values: Readonly<Record<string, number | null>>): Frame {
  return { time, metrics: Object.keys(values), values: Object.values(values) }
}

export function toPairs({ times, values }: Series): [number, number][] {
  return [...times].map((time, i) => [time, values[i] ?? Number.NaN])
}
