import type { EventReport, Severity } from '../../src/domain/event.ts'
import type { HostFacts } from '../../src/domain/hosts/host.ts'
import type { Frame } from '../../src/domain/sample.ts'
import { reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import type { Threshold } from '../../src/domain/thresholds/threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import type { HostReport, Store } from '../../src/storage/ports/store.ts'

export type SeedOptions = {
  /** Seconds since 1970 of the newest sample. */
  readonly now: number
  readonly hosts: number
  /** Minutes of samples for each host; the first host gets `firstMinutes`. */
  readonly minutes: number
  readonly firstMinutes?: number
  /** Adds hosts with names that try to break a page. */
  readonly oddNames?: boolean
  readonly seed?: number
}

/** The first of the seeded hosts: it has every kind of metric, a gap and open events. */
export const FIRST_HOST = 'db01'
export const ODD_HOST = 'ünïcode-名前.example'
export const LONG_HOST = `long-${'a'.repeat(61)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}`
/** Minutes before `now` that the first host's gap begins, and how many it lasts. */
export const GAP = { before: 34, minutes: 6 }

const NAMES = ['db', 'web', 'mail', 'build', 'cache', 'files', 'proxy', 'backup']
const BUILDS = ['Debian 12.7', 'Ubuntu 24.04.1 LTS', 'Rocky Linux 9.4', 'Alpine 3.20', 'openSUSE Leap 15.6']
const SEVERITIES: readonly Severity[] = [1, 2, 3, 4]

/**
 * Fills a store as agents would have: through the ingest port, with metrics named as the probes name them.
 */
export async function seedStore(store: Store, options: SeedOptions): Promise<string[]> {
  const { now, hosts, minutes, firstMinutes = minutes, oddNames = false, seed = 1 } = options
  const random = seededRandom(seed)
  const names = Array.from({ length: hosts }, (_, i) => nameHost(i))
  const odd = oddNames ? [ODD_HOST, LONG_HOST] : []
  for (const [i, name] of [...names, ...odd].entries()) {
    const facts = describeFacts(i, odd.includes(name))
    const silentFor = isDown(i) && name !== FIRST_HOST ? 900 + 4000 * (i % 7) : 0
    const newest = (Math.floor(now / 60) - Math.floor(silentFor / 60)) * 60
    const frames = makeFrames(newest, i === 0 ? firstMinutes : minutes, i === 0, random)
    const report: HostReport = {
      host: name,
      facts,
      seen: now - silentFor,
      clockSkew: i === 5 ? 312 : 0,
      frames: [],
      events: [],
    }
    const events = i % 5 === 0 || odd.includes(name) ? makeEvents(i, newest, odd.includes(name)) : []
    // A host is as old as its first sample.
    await store.ingest.write([
      { ...report, seen: frames[0]?.time ?? report.seen, frames: frames.slice(0, 1) },
    ])
    for (let start = 0; start < frames.length; start += 1000)
      await store.ingest.write([{ ...report, frames: frames.slice(start, start + 1000) }])
    await store.ingest.write([{ ...report, events }])
  }
  return [...names, ...odd]
}

/** What the agent of the first host has in its configuration. */
const CONFIGURED: readonly Threshold[] = [
  {
    metric: 'perf.temperature.*.celsius',
    severity: 3,
    compare: '>',
    value: 75,
    duration: 300,
    clearAfter: 600,
    clearValue: 70,
  },
  {
    metric: 'perf.filesystem.dev.mapper.vg0-postgres.percent.used',
    severity: 1,
    compare: '>',
    value: 95,
    duration: 900,
    clearAfter: null,
    clearValue: null,
  },
  {
    metric: 'perf.filesystem.*.bytes.free',
    severity: 2,
    compare: '<',
    value: 5 * 1024 ** 3,
    duration: 0,
    clearAfter: null,
    clearValue: null,
  },
]

const isDown = (i: number) => i % 23 === 9
const nameHost = (i: number) =>
  `${NAMES[i % NAMES.length]}${String(Math.floor(i / NAMES.length) + 1).padStart(2, '0')}`

function describeFacts(i: number, isOdd: boolean): HostFacts {
  const isWindows = i % 6 === 4
  const processors = [2, 4, 8, 16, 64][i % 5] ?? 2
  return {
    ip: i % 11 === 3 ? `2001:db8:0:${i.toString(16)}::${(i * 7).toString(16)}` : `10.0.${i >> 8}.${i & 255}`,
    platform: isWindows ? 'Windows' : 'Linux',
    build: isOdd
      ? '<script>alert("build")</script> 🐧 \'quoted\''
      : isWindows
        ? 'Windows Server 2022 20348'
        : (BUILDS[i % BUILDS.length] ?? ''),
    architecture: '64bit',
    domain: isOdd
      ? 'a&b"<i>.example'
      : i % 9 === 2
        ? 'Stand Alone'
        : i % 2
          ? 'example.org'
          : 'rack7.ams.example.net',
    processors,
    memoryMb: [1994, 3907, 7976, 32_096, 257_540][i % 5] ?? 2048,
    // Every tenth is watched by an agent of the original.
    ...(i % 10 !== 7 && {
      thresholds: reportThresholds(i === 0 ? CONFIGURED : [], standardThresholds({ processors })),
    }),
  }
}

function makeFrames(newest: number, minutes: number, isFirst: boolean, random: () => number): Frame[] {
  const metrics = [...METRICS, ...(isFirst ? FIRST_METRICS : [])]
  const names = metrics.map(({ name }) => name)
  const phase = random() * 6
  const level = random()
  const frames: Frame[] = []
  for (let back = minutes - 1; back >= 0; back--) {
    if (isFirst && back < GAP.before && back >= GAP.before - GAP.minutes) continue
    const time = newest - back * 60
    const hour = time / 3600
    const day = 0.5 + 0.35 * Math.sin((hour / 24) * 2 * Math.PI + phase) + 0.1 * Math.sin(hour * 2.1 + phase)
    const busy = Math.min(1, Math.max(0, day * (0.4 + 0.6 * level) + 0.12 * (random() - 0.5)))
    const spike = random() > 0.97 ? random() : 0
    frames.push({
      time,
      metrics: names,
      values: metrics.map(({ at }) => at({ busy, spike, level, back, random })),
    })
  }
  return frames
}

type Mood = { busy: number; spike: number; level: number; back: number; random: () => number }
type SeededMetric = { readonly name: string; readonly at: (mood: Mood) => number }

const round = (value: number, digits = 1) => Number(value.toFixed(digits))
const metric = (name: string, at: SeededMetric['at']): SeededMetric => ({ name: `perf.${name}`, at })
const used = ({ busy, spike }: Mood) => Math.min(100, 100 * (busy * 0.7 + spike * 0.6))

const METRICS: readonly SeededMetric[] = [
  metric('processor.percent.used', (mood) => round(used(mood))),
  metric('processor.percent.user', (mood) => round(used(mood) * 0.62)),
  metric('processor.percent.system', (mood) => round(used(mood) * 0.24)),
  metric('processor.percent.iowait', (mood) => round(used(mood) * 0.11 * mood.random())),
  metric('processor.percent.steal', ({ spike }) => round(spike * 2)),
  metric('memory.percent.used', ({ level, busy }) => round(30 + 55 * level + 8 * busy)),
  metric('memory.bytes.total', () => 8_363_446_272),
  metric('memory.bytes.used', ({ level, busy }) => Math.round((0.3 + 0.55 * level + 0.08 * busy) * 8.3e9)),
  metric('memory.bytes.available', ({ level, busy }) =>
    Math.round((0.7 - 0.55 * level - 0.08 * busy) * 8.3e9),
  ),
  metric('pagefile.percent.used', ({ level }) => round(4 + 12 * level)),
  metric('system.load.1', ({ busy, spike }) => round(busy * 3 + spike * 4, 2)),
  metric('system.load.5', ({ busy }) => round(busy * 2.8, 2)),
  metric('system.load.15', ({ busy }) => round(busy * 2.5 + 0.1, 2)),
  metric('system.uptime.seconds', ({ back }) => 2_700_000 - back * 60),
  metric('system.processes', ({ busy }) => 160 + Math.round(busy * 60)),
  metric('network.bytes.received', ({ busy, spike }) => Math.round(busy * 3e6 + spike * 9e6)),
  metric('network.bytes.sent', ({ busy, spike }) => Math.round(busy * 9e5 + spike * 2e6)),
  metric('network.eth0.bytes.received', ({ busy, spike }) => Math.round(busy * 3e6 + spike * 9e6)),
  metric('network.eth0.bytes.sent', ({ busy, spike }) => Math.round(busy * 9e5 + spike * 2e6)),
  metric('network.eth0.errors.received', () => 0),
  metric('network.eth0.errors.sent', () => 0),
  metric('network.eth0.drops.received', ({ spike }) => round(spike / 10, 3)),
  metric('network.eth0.drops.sent', () => 0),
  metric('disk.sda.bytes.read', ({ busy, random }) => Math.round(busy * 4e6 * random())),
  metric('disk.sda.bytes.written', ({ busy, spike }) => Math.round(busy * 2e6 + spike * 4e7)),
  metric('disk.sda.percent.active', ({ busy, spike }) => round(busy * 20 + spike * 70)),
  metric('filesystem.dev.sda1.percent.used', ({ level, back }) => round(50 + 40 * level - back / 4000, 2)),
  metric('filesystem.dev.sda1.bytes.free', ({ level }) => Math.round((0.5 - 0.4 * level) * 4.2e10)),
  metric('filesystem.dev.sda1.inodes.percent.used', ({ level }) => round(3 + 9 * level, 2)),
  metric('filesystem.dev.sda1.percent.active', ({ busy, spike }) => round(busy * 20 + spike * 70)),
  metric('agent.queue.length', ({ spike }) => Math.round(spike * 3)),
  metric('agent.queue.dropped', () => 0),
  metric('agent.memory.bytes', ({ busy }) => Math.round(39e6 + busy * 2e6)),
]

const FIRST_METRICS: readonly SeededMetric[] = [
  metric('filesystem.dev.mapper.vg0-postgres.percent.used', ({ back }) =>
    round(Math.max(2, 96.4 - back / 900), 2),
  ),
  metric('filesystem.dev.mapper.vg0-postgres.bytes.free', ({ back }) => 21_474_836_480 + back * 18_000),
  metric('filesystem.dev.mapper.vg0-postgres.inodes.percent.used', () => 0.4),
  metric('filesystem.dev.mapper.vg0-postgres.percent.active', ({ busy, spike }) =>
    round(busy * 34 + spike * 60),
  ),
  metric('filesystem.dev.nvme0n1p2.percent.used', () => 87.2),
  metric('filesystem.dev.nvme0n1p2.bytes.free', () => 118_111_600_640),
  metric('network.wg0.bytes.received', ({ busy }) => Math.round(busy * 4100)),
  metric('network.wg0.bytes.sent', ({ busy }) => Math.round(busy * 3900)),
  metric('disk.nvme0n1.bytes.read', ({ busy, random }) => Math.round(busy * 6e7 * random())),
  metric('disk.nvme0n1.bytes.written', ({ busy, spike }) => Math.round(busy * 3e7 + spike * 2e8)),
  metric('disk.nvme0n1.percent.active', ({ busy, spike }) => round(busy * 34 + spike * 60)),
  metric('pressure.cpu.some.percent', ({ busy }) => round(busy * 4, 2)),
  metric('pressure.memory.some.percent', ({ spike }) => round(spike * 3, 2)),
  metric('pressure.memory.full.percent', ({ spike }) => round(spike, 2)),
  metric('pressure.io.some.percent', ({ busy, spike }) => round(busy * 6 + spike * 20, 2)),
  metric('pressure.io.full.percent', ({ busy, spike }) => round(busy * 3 + spike * 12, 2)),
  metric('temperature.coretemp.Package_id_0.celsius', ({ busy }) => round(41 + busy * 30)),
  metric('temperature.nvme.Composite.celsius', ({ busy }) => round(36 + busy * 14)),
  metric('service.postgresql.state', () => 1),
  metric('service.nightly-backup.state', ({ back }) => (back < 220 ? 0 : 1)),
  metric('process.pgbouncer.state', () => 1),
]

function makeEvents(i: number, newest: number, isOdd: boolean): EventReport[] {
  const open = (
    uid: string,
    severity: Severity,
    name: string,
    message: string,
    ago: number,
  ): EventReport => ({
    uid: `${i}-${uid}`,
    change: 1,
    time: newest - ago,
    metric: `perf.${name}`,
    severity,
    status: 'open',
    message,
  })
  const severity = SEVERITIES[(i / 5) % 4] ?? 4
  const events = [
    open(
      'memory',
      severity,
      'memory.percent.used',
      'Memory percent used > 85 for 15 minutes',
      5400 + i * 700,
    ),
  ]
  if (i === 0) {
    events.push(
      open(
        'disk',
        1,
        'filesystem.dev.mapper.vg0-postgres.percent.used',
        'Filesystem dev.mapper.vg0-postgres percent used > 95 for 15 minutes',
        190,
      ),
    )
    events.push(
      open(
        'service',
        3,
        'service.nightly-backup.state',
        'Service nightly-backup state = 0 for 5 minutes',
        13_000,
      ),
    )
    const over = open(
      'load',
      2,
      'processor.percent.used',
      'Processor percent used > 95 for 15 minutes',
      90_000,
    )
    events.push(over, { ...over, change: 2, status: 'closed', time: newest - 84_000 })
  }
  if (isOdd || i % 10 !== 0)
    events.push(
      open(
        'odd',
        4,
        'processor.percent.used',
        `<b>Odd</b> & "quoted" 🔥 ${'very '.repeat(30)}long message`,
        60,
      ),
    )
  return events
}

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
