import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/storage/database/open.ts'
import { createStore } from '../../src/storage/open.ts'
import type { HostReport } from '../../src/storage/ports/store.ts'
import { hostName, random } from './data.ts'

/**
 * An old and big installation: 10,000 hosts with 60 metrics each, 1,000,000 closed and 5,000 open events, 200
 * rules. Every host has reported once, at `now`; the first host has 30,000 of the events.
 */
export const FLEET = { hosts: 10_000, metrics: 60, closed: 1_000_000, open: 5_000, rules: 200 } as const

const NAMES = [
  'perf.processor.percent.used',
  'perf.memory.percent.used',
  'perf.system.load.1',
  'perf.system.uptime.seconds',
  ...Array.from({ length: 10 }, (_, i) => `perf.filesystem.dev.sd${'abcdefghij'[i]}1.percent.used`),
  ...Array.from({ length: 10 }, (_, i) => `perf.filesystem.dev.sd${'abcdefghij'[i]}1.bytes.free`),
]
const METRICS = [
  ...NAMES,
  ...Array.from({ length: FLEET.metrics - NAMES.length }, (_, i) => `perf.process.p${i}.state`),
]
const EVENT_METRICS = [
  'perf.system.availability.seconds',
  'perf.memory.percent.used',
  'perf.processor.percent.used',
]
const YEAR = 365 * 86_400
const EVENTS_A_COMMIT = 50_000

export async function fillFleet(folder: string, now: number): Promise<void> {
  const log = createLog({ level: 'error', format: 'text' })
  const opened = await openDatabase('sqlite:monitor.db', { dataDir: folder, clock: systemClock, log })
  const store = createStore(opened, { clock: systemClock, log })
  const next = random(0xf1ee7)
  const facts = {
    ip: '10.0.0.1',
    platform: 'Linux',
    build: 'Debian GNU/Linux 13',
    architecture: '64bit',
    domain: 'example.org',
    processors: 4,
    memoryMb: 7976,
  }
  for (let host = 0; host < FLEET.hosts; ) {
    const reports: HostReport[] = []
    for (let i = 0; i < 500 && host < FLEET.hosts; i++, host++) {
      const values = METRICS.map((name) =>
        name.endsWith('.percent.used') ? Math.round(next() * 1000) / 10 : Math.round(next() * 1e6),
      )
      reports.push({
        host: hostName(host),
        facts,
        seen: now,
        clockSkew: 0,
        frames: [{ time: now, metrics: METRICS, values }],
        events: [],
      })
    }
    await store.ingest.write(reports)
  }
  const { database } = opened
  await database.transaction(async (transaction) => {
    await transaction.run('UPDATE host SET first_seen = ?', [now - YEAR])
  })
  for (let i = 0; i < FLEET.hosts; i += 50) await store.hosts.giveGroups(hostName(i), [`group${i % 20}`])
  for (let i = 0; i < FLEET.rules; i++)
    await store.rules.add({
      name: `rule ${i}`,
      enabled: true,
      host: `bench-${i}%`,
      metric: '%',
      severities: [1, 2],
      onOpening: true,
      onClosing: true,
      onSeverityChange: false,
      channel: 'mail',
      target: `team${i}@example.org`,
      delay: 0,
      repeat: null,
    })
  for (let at = 0; at < FLEET.closed; at += EVENTS_A_COMMIT)
    await database.transaction(async (transaction) => {
      for (let i = at; i < at + EVENTS_A_COMMIT; i++) {
        const begin = now - YEAR + Math.floor(((i + next()) / FLEET.closed) * (YEAR - 7300))
        const host = i % 33 === 0 ? 1 : 1 + Math.floor(next() * FLEET.hosts)
        await transaction.run(
          `INSERT INTO event (host, metric, uid, change_number, severity, is_open, closed_by_hand, message, opened, closed)
            VALUES (?, ?, ?, 2, ?, 0, 0, 'Above its threshold', ?, ?)`,
          [
            host,
            EVENT_METRICS[i % 3] ?? '',
            `closed-${i}`,
            1 + (i % 4),
            begin,
            begin + 60 + Math.floor(next() * 7200),
          ],
        )
      }
    })
  await database.transaction(async (transaction) => {
    for (let i = 0; i < FLEET.open; i++)
      await transaction.run(
        `INSERT INTO event (host, metric, uid, change_number, severity, is_open, closed_by_hand, message, opened)
          VALUES (?, ?, ?, 1, ?, 1, 0, 'Above its threshold', ?)`,
        [
          1 + i * 2,
          EVENT_METRICS[1 + (i % 2)] ?? '',
          `open-${i}`,
          1 + (i % 4),
          now - Math.floor(next() * 86_400),
        ],
      )
  })
  await store.close()
}
