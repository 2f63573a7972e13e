import type { HostFacts } from '../../src/domain/hosts/host.ts'
import { metricUnit } from '../../src/domain/metrics/metric.ts'
import { reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { seededRandom } from './seed.ts'

const range = (count: number, name: (i: number) => string) => Array.from({ length: count }, (_, i) => name(i))
const each = (things: readonly string[], kind: string, figures: readonly string[]) =>
  things.flatMap((thing) => figures.map((figure) => `${kind}.${thing}.${figure}`))

/** Five hundred metrics, as a machine with many disks, containers, checks and services has them. */
export const LARGE_METRICS: readonly string[] = [
  ...['used', 'user', 'system', 'iowait'].map((name) => `processor.percent.${name}`),
  ...['memory.percent.used', 'memory.bytes.total', 'memory.bytes.used', 'memory.bytes.available'],
  ...['pagefile.percent.used', 'system.load.1', 'system.load.5', 'system.load.15', 'system.processes'],
  ...['system.uptime.seconds', 'network.bytes.received', 'network.bytes.sent', 'agent.memory.bytes'],
  ...['cpu', 'io', 'memory'].map((name) => `pressure.${name}.some.percent`),
  ...each(
    range(12, (i) => `veth${i}`),
    'network',
    ['bytes.received', 'bytes.sent', 'errors.received', 'errors.sent', 'drops.received', 'drops.sent'],
  ),
  ...each(
    range(12, (i) => `sd${String.fromCharCode(97 + i)}`),
    'disk',
    [
      'bytes.read',
      'bytes.written',
      'percent.active',
      'operations.read',
      'operations.written',
      'queue.length',
    ],
  ),
  ...each(
    range(12, (i) => `dev.sd${String.fromCharCode(97 + i)}1`),
    'filesystem',
    ['percent.used', 'bytes.free', 'inodes.percent.used', 'percent.active'],
  ),
  ...each(
    range(20, (i) => `app-${i}`),
    'container',
    ['state', 'healthy', 'restarts.hour', 'processor.percent', 'memory.bytes', 'memory.percent'],
  ),
  ...each(
    range(20, (i) => `url-${i}`),
    'check',
    ['state', 'milliseconds'],
  ),
  ...range(60, (i) => `service.unit-${i}.state`),
  ...range(8, (i) => `temperature.coretemp.Core_${i}.celsius`),
  ...range(60, (i) => `text.value_${i}`),
].map((name) => `perf.${name}`)

const FACTS: HostFacts = {
  ip: '10.9.9.9',
  platform: 'Linux',
  build: 'Debian 13.1',
  architecture: '64bit',
  domain: 'example.org',
  processors: 64,
  memoryMb: 257_540,
  thresholds: reportThresholds([], standardThresholds({ processors: 64 })),
}

export type LargeHostOptions = {
  readonly host: string
  /** Seconds since 1970 of the newest sample. */
  readonly now: number
  readonly minutes: number
}

/** Fills a store through its ingest port, with a sample a minute. */
export async function fillLargeHost(store: Pick<Store, 'ingest'>, options: LargeHostOptions): Promise<void> {
  const { host, now, minutes } = options
  const random = seededRandom(5)
  const newest = Math.floor(now / 60) * 60
  const report = { host, facts: FACTS, seen: now, clockSkew: 0, events: [] }
  for (let first = minutes; first > 0; first -= 240) {
    const frames = range(Math.min(240, first), (i) => `${first - i - 1}`).map((back) => {
      const time = newest - Number(back) * 60
      return {
        time,
        metrics: LARGE_METRICS,
        values: LARGE_METRICS.map((metric, i) =>
          makeValue(metric, 0.5 + 0.35 * Math.sin(time / 4000 + i), random()),
        ),
      }
    })
    await store.ingest.write([{ ...report, frames }])
  }
}

function makeValue(metric: string, level: number, noise: number): number {
  const unit = metricUnit(metric)
  if (unit === 'state') return 1
  if (unit === '%' || unit === '°C') return Math.round(10 * (70 * level + 8 * noise)) / 10
  return unit === 'B' || unit === 'B/s'
    ? Math.round(1e7 * (level + noise))
    : Math.round(100 * (level + noise)) / 100
}
