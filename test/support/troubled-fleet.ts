import type { EventReport, Severity } from '../../src/domain/event.ts'
import type { HostFacts } from '../../src/domain/hosts/host.ts'
import type { Frame } from '../../src/domain/sample.ts'
import { reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import type { Threshold } from '../../src/domain/thresholds/threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { seededRandom } from './seed.ts'

/**
 * 151 hosts in five roles and three sites, on which eight kinds of trouble have happened. Each has a cause that other
 * metrics of the host show, so that a user who looks at the event can find it.
 */
export type Trouble = {
  readonly host: string
  readonly metric: string
  readonly severity: Severity
  readonly message: string
  /** Absent where the server itself opened the event. */
  readonly value?: number
  /** Seconds since it opened. */
  readonly ago: number
  /** What the agent of the host has in its configuration; absent where the server or a standard threshold decides. */
  readonly limit?: Pick<Threshold, 'compare' | 'value' | 'duration'>
  /** A metric that departed from its past when the trouble began; null where no sample came any more. */
  readonly cause: string | null
}

const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR

export const TROUBLES: readonly Trouble[] = [
  {
    host: 'web09',
    metric: 'perf.system.availability.seconds',
    severity: 1,
    message: 'web09 has sent no data for 5 minutes',
    ago: 43 * MINUTE,
    cause: null,
  },
  {
    host: 'db03',
    metric: 'perf.filesystem.dev.mapper.vg0-postgres.percent.used',
    severity: 1,
    message: 'Filesystem dev.mapper.vg0-postgres percent used > 90 for 15 minutes',
    value: 93.2,
    limit: { compare: '>', value: 90, duration: 15 * MINUTE },
    ago: 3 * HOUR,
    cause: 'perf.disk.sda.bytes.written',
  },
  {
    host: 'build03',
    metric: 'perf.processor.percent.used',
    severity: 1,
    message: 'Processor percent used > 95 for 15 minutes',
    value: 98.7,
    limit: { compare: '>', value: 95, duration: 15 * MINUTE },
    ago: 50 * MINUTE,
    cause: 'perf.system.load.1',
  },
  {
    host: 'web07',
    metric: 'perf.service.nginx.state',
    severity: 2,
    message: 'Service nginx state < 1 for 5 minutes',
    value: 0,
    ago: 4 * HOUR,
    cause: 'perf.network.bytes.sent',
  },
  {
    host: 'api11',
    metric: 'perf.memory.percent.used',
    severity: 2,
    message: 'Memory percent used > 90 for 15 minutes',
    value: 96.9,
    limit: { compare: '>', value: 90, duration: 15 * MINUTE },
    ago: 9 * HOUR,
    cause: 'perf.pagefile.percent.used',
  },
  {
    host: 'sql02',
    metric: 'perf.pressure.io.some.percent',
    severity: 2,
    message: 'Pressure io some percent > 20 for 15 minutes',
    value: 42,
    limit: { compare: '>', value: 20, duration: 15 * MINUTE },
    ago: 100 * MINUTE,
    cause: 'perf.disk.sda.percent.active',
  },
  {
    host: 'proxy02',
    metric: 'perf.check.shop.state',
    severity: 2,
    message: 'Check shop state = 0 for 1 minute: connection refused by 10.1.2.3',
    value: 0,
    ago: 25 * MINUTE,
    cause: 'perf.check.shop.milliseconds',
  },
  {
    host: 'k8s04',
    metric: 'perf.temperature.coretemp.Package_id_0.celsius',
    severity: 3,
    message: 'Temperature coretemp.Package_id_0 celsius > 85 for 10 minutes',
    value: 91,
    limit: { compare: '>', value: 85, duration: 10 * MINUTE },
    ago: 75 * MINUTE,
    cause: 'perf.fan.cpu.rpm',
  },
]

const KINDS: readonly (readonly [name: string, role: string, count: number])[] = [
  ['web', 'web', 32],
  ['api', 'web', 18],
  ['proxy', 'infrastructure', 8],
  ['cache', 'infrastructure', 12],
  ['build', 'infrastructure', 8],
  ['files', 'infrastructure', 4],
  ['backup', 'infrastructure', 8],
  ['db', 'database', 18],
  ['sql', 'database', 12],
  ['k8s', 'kubernetes', 24],
  ['legacy', 'legacy', 6],
  ['vm', '', 1],
]
const SITES = ['ams1', 'fra1', 'nyc3']
const EVERY = 300

export type TroubledFleetOptions = {
  /** Seconds since 1970 of the newest sample. */
  readonly now: number
  /** Of each host; those in trouble have two days of minutes, behind two weeks of half hours. */
  readonly hours: number
}

/** Fills a store through its ingest port, as agents would have. */
export async function seedTroubledFleet(store: Store, { now, hours }: TroubledFleetOptions): Promise<void> {
  const random = seededRandom(7)
  const names = KINDS.flatMap(([name, role, count]) =>
    Array.from({ length: count }, (_, i) => ({
      name: count === 1 ? name : `${name}${String(i + 1).padStart(2, '0')}`,
      role,
    })),
  )
  for (const [i, { name, role }] of names.entries()) {
    const own = TROUBLES.filter(({ host }) => host === name)
    const silent = name === 'legacy04' ? 3000 : own.some(({ cause }) => cause === null) ? 48 * MINUTE : 0
    const frames = makeFrames(name, {
      newest: Math.floor((now - silent) / MINUTE) * MINUTE,
      seconds: own.length > 0 ? 14 * DAY : hours * HOUR,
      every: own.length > 0 ? MINUTE : EVERY,
      own,
      now,
      random,
    })
    const facts = describeFacts(i, own)
    const report = { host: name, facts, clockSkew: 0, events: [] }
    await store.ingest.write([{ ...report, seen: now - 20 * DAY, frames: frames.slice(0, 1) }])
    for (let at = 0; at < frames.length; at += 1000)
      await store.ingest.write([{ ...report, seen: now - silent, frames: frames.slice(at, at + 1000) }])
    if (role !== '') await store.hosts.giveGroups(name, [`role:${role}`, `site:${SITES[i % SITES.length]}`])
  }
  for (const { host, metric, severity, message, value, ago } of TROUBLES)
    await store.events.report(host, [
      {
        uid: `${host}-trouble`,
        change: 1,
        time: now - ago,
        metric,
        severity,
        status: 'open',
        message,
        ...(value !== undefined && { value }),
      },
    ])
  const more: readonly (readonly [string, EventReport])[] = [
    [
      'legacy04',
      opened('perf.system.availability.seconds', 1, 'legacy04 has sent no data for 5 minutes', now - 2700),
    ],
    ...['cache01', 'cache02', 'cache05', 'db14', 'db15', 'sql05', 'k8s11', 'files02'].map(
      (host, i) =>
        [
          host,
          opened(
            'perf.memory.percent.used',
            i % 3 === 0 ? 3 : 4,
            'Memory percent used > 70 for 15 minutes',
            now - 7200 - i * 1900,
          ),
        ] as const,
    ),
  ]
  for (const [host, event] of more) await store.events.report(host, [event])
  await store.maintenanceWindows.add({
    name: 'kernel updates',
    host: 'k8s2%',
    when: { kind: 'once', from: now - 600, to: now + 7200 },
  })
}

const opened = (metric: string, severity: Severity, message: string, time: number): EventReport => ({
  uid: `${metric}-${time}`,
  change: 1,
  time,
  metric,
  severity,
  status: 'open',
  message,
  ...(metric.includes('memory') && { value: 74 }),
})

function describeFacts(i: number, own: readonly Trouble[]): HostFacts {
  const processors = [2, 4, 8, 16][i % 4] ?? 2
  return {
    ip: `10.${20 + (i % 3)}.${i >> 4}.${10 + i}`,
    platform: i % 25 === 24 ? 'Windows' : 'Linux',
    build:
      i % 25 === 24
        ? 'Windows Server 2025'
        : (['Debian 13.1', 'Ubuntu 24.04.1 LTS', 'Rocky Linux 9.4'][i % 3] ?? ''),
    architecture: '64bit',
    domain: 'example.org',
    processors,
    memoryMb: [7976, 15_994, 32_096][i % 3] ?? 7976,
    mounts: { 'dev.sda1': '/', 'dev.mapper.vg0-postgres': '/var/lib/postgresql' },
    thresholds: reportThresholds(own.flatMap(limitOf), standardThresholds({ processors })),
  }
}

const limitOf = ({ metric, severity, limit }: Trouble): Threshold[] =>
  limit ? [{ metric, severity, ...limit, clearAfter: null, clearValue: null }] : []

type FrameOptions = {
  readonly newest: number
  readonly seconds: number
  readonly every: number
  readonly own: readonly Trouble[]
  readonly now: number
  readonly random: () => number
}

function makeFrames(name: string, { newest, seconds, every, own, now, random }: FrameOptions): Frame[] {
  const [phase, level] = [random() * 6, random()]
  const frames: Frame[] = []
  for (let time = newest - seconds; time <= newest; time += newest - time > 2 * DAY ? HOUR / 2 : every) {
    const hour = time / HOUR
    const busy = Math.max(
      0.02,
      0.25 + 0.15 * Math.sin((hour / 24) * 2 * Math.PI + phase) + 0.5 * level * 0.5 + 0.1 * (random() - 0.5),
    )
    const values: Record<string, number> = {
      ...calm(busy, level, random),
      ...(name.startsWith('db') && {
        'perf.filesystem.dev.mapper.vg0-postgres.percent.used': round(40 + 30 * level),
        'perf.filesystem.dev.mapper.vg0-postgres.bytes.free': Math.round((0.6 - 0.3 * level) * 2e11),
      }),
      ...(name.startsWith('web') && { 'perf.service.nginx.state': 1 }),
      ...(name.startsWith('k8s') && {
        'perf.temperature.coretemp.Package_id_0.celsius': round(48 + busy * 15),
        'perf.fan.cpu.rpm': Math.round(1800 + busy * 900),
      }),
      ...(name === 'proxy02' && {
        'perf.check.shop.state': 1,
        'perf.check.shop.milliseconds': round(20 + 9 * random()),
      }),
    }
    for (const trouble of own) Object.assign(values, disturb(trouble, { now, time, values, random }))
    const metrics = Object.keys(values)
    frames.push({ time, metrics, values: metrics.map((metric) => values[metric] ?? 0) })
  }
  return frames
}

const round = (value: number) => Math.round(value * 10) / 10

function calm(busy: number, level: number, random: () => number): Record<string, number> {
  const used = round(Math.min(100, 100 * busy * 0.8 + (random() > 0.98 ? 20 * random() : 0)))
  const received = Math.round(busy * 3e6 * (0.8 + 0.4 * random()))
  const sent = Math.round(busy * 9e5 * (0.8 + 0.4 * random()))
  return {
    'perf.processor.percent.used': used,
    'perf.processor.percent.user': round(used * 0.62),
    'perf.processor.percent.system': round(used * 0.24),
    'perf.processor.percent.iowait': round(used * 0.1 * random()),
    'perf.memory.percent.used': round(30 + 40 * level + 6 * busy),
    'perf.memory.bytes.total': 8_363_446_272,
    'perf.memory.bytes.used': Math.round((0.3 + 0.4 * level + 0.06 * busy) * 8.36e9),
    'perf.pagefile.percent.used': round(2 + 4 * level),
    'perf.system.load.1': Math.round((busy * 3 + random() * 0.3) * 100) / 100,
    'perf.system.load.5': Math.round(busy * 290) / 100,
    'perf.system.load.15': Math.round(busy * 280) / 100,
    'perf.system.processes': 160 + Math.round(busy * 40),
    'perf.network.bytes.received': received,
    'perf.network.bytes.sent': sent,
    'perf.network.eth0.bytes.received': received,
    'perf.network.eth0.bytes.sent': sent,
    'perf.network.eth0.errors.received': 0,
    'perf.disk.sda.bytes.read': Math.round(busy * 2e6 * random()),
    'perf.disk.sda.bytes.written': Math.round(busy * 1.5e6 * (0.7 + 0.6 * random())),
    'perf.disk.sda.percent.active': round(busy * 12 * (0.8 + 0.4 * random())),
    'perf.pressure.io.some.percent': round(busy * 4 * random()),
    'perf.pressure.cpu.some.percent': round(busy * 5 * random()),
    'perf.filesystem.dev.sda1.percent.used': round(25 + 48 * level),
    'perf.filesystem.dev.sda1.bytes.free': Math.round((0.75 - 0.48 * level) * 4.2e10),
    'perf.filesystem.dev.sda1.inodes.percent.used': round(3 + 9 * level),
    'perf.service.sshd.state': 1,
    'perf.agent.queue.length': 0,
    'perf.agent.memory.bytes': Math.round(39e6 + busy * 2e6),
  }
}

type DisturbOptions = {
  readonly now: number
  readonly time: number
  /** The values of the metrics without any trouble. */
  readonly values: Readonly<Record<string, number>>
  readonly random: () => number
}

/** What the metrics of a host in trouble are from some minutes before its event opened. */
function disturb(
  { host, metric, value, ago }: Trouble,
  { now, time, values, random }: DisturbOptions,
): Record<string, number> {
  const openedAt = now - ago
  const since = time - (openedAt - 15 * MINUTE)
  const swing = 1 + 0.04 * (random() - 0.5)
  if (host === 'db03') {
    // A percent a day for weeks, then a job that writes without end.
    const used = since < 0 ? 90 + since / DAY : 90 + (3.2 * since) / (now - openedAt + 15 * MINUTE)
    return {
      [metric]: round(used),
      'perf.filesystem.dev.mapper.vg0-postgres.bytes.free': Math.round((1 - used / 100) * 2e11),
      ...(since > 0 && {
        'perf.disk.sda.bytes.written': Math.round(3.4e7 * swing),
        'perf.disk.sda.percent.active': round(58 * swing),
      }),
    }
  }
  if (host === 'api11') {
    const share = Math.min(1, Math.max(0, (time - openedAt + 10 * HOUR) / (19 * HOUR)))
    return {
      [metric]: round(62 + 35 * share),
      ...(since > 0 && { 'perf.pagefile.percent.used': round(Math.min(60, 10 + since / 700) * swing) }),
    }
  }
  if (since < 0) return {}
  if (host === 'build03')
    return {
      [metric]: round(Math.min(100, (value ?? 98) * (1 + 0.02 * (random() - 0.5)))),
      'perf.processor.percent.user': round(91 * swing),
      'perf.system.load.1': round(38 * swing),
      'perf.system.load.5': round(35 * swing),
      'perf.pressure.cpu.some.percent': round(64 * swing),
      'perf.system.processes': Math.round(410 * swing),
    }
  if (host === 'web07')
    return {
      [metric]: 0,
      'perf.network.bytes.sent': Math.round(1200 * swing),
      'perf.network.eth0.bytes.sent': Math.round(1200 * swing),
    }
  if (host === 'sql02')
    return {
      [metric]: round(42 * (1 + 0.3 * (random() - 0.5))),
      'perf.disk.sda.percent.active': round(96 * swing),
      'perf.disk.sda.bytes.read': Math.round(1.7e8 * swing),
      'perf.processor.percent.iowait': round(38 * swing),
      'perf.system.load.1': round((values['perf.system.load.1'] ?? 0) + 9),
    }
  if (host === 'proxy02') return { [metric]: 0, 'perf.check.shop.milliseconds': round(2 * swing) }
  if (host === 'k8s04') return { [metric]: round(91 * swing), 'perf.fan.cpu.rpm': 0 }
  return {}
}
