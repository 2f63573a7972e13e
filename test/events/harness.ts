import { rmSync } from 'node:fs'
import type { EventReport } from '../../src/domain/event.ts'
import type { ShownCertificate } from '../../src/domain/events/certificate-end.ts'
import type { Rule } from '../../src/domain/notifications/rule.ts'
import { type Notification, SendError } from '../../src/events/channels/channel.ts'
import { CHANNELS } from '../../src/events/channels/index.ts'
import { EventEngine } from '../../src/events/cycle.ts'
import type { Watching } from '../../src/events/task.ts'
import { applyRules } from '../../src/events/tasks/apply-rules.ts'
import { decideNotifications } from '../../src/events/tasks/decide-notifications.ts'
import { clampTimes, followClock } from '../../src/events/tasks/follow-clock.ts'
import { resolveAttempts } from '../../src/events/tasks/resolve-attempts.ts'
import { sendNotifications } from '../../src/events/tasks/send-notifications.ts'
import { watchAvailability } from '../../src/events/tasks/watch-availability.ts'
import { watchCertificates } from '../../src/events/tasks/watch-certificates.ts'
import { watchClocks } from '../../src/events/tasks/watch-clocks.ts'
import { watchNotifications } from '../../src/events/tasks/watch-notifications.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { aReport } from '../storage/reports.ts'
import { fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'

export type Sent = Notification & { readonly channel: string; readonly at: number }

export const METRIC = 'perf.memory.percent.used'

export type Harness = Awaited<ReturnType<typeof openHarness>>

/**
 * A real database, the engine with the tasks that notify, a clock to turn, and receivers that can be
 * away.
 */
export async function openHarness(watching: Partial<Watching> = {}, interval = 10) {
  const dataDir = makeTempDir()
  const clock = fakeClock()
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
  const store = await openStore('sqlite:monitor.db', { dataDir, clock, log })
  const sent: Sent[] = []
  /** Every try, also those that failed. */
  const tries: Sent[] = []
  const away = new Set<string>()
  /** What a target refuses, and how; null takes it. */
  const refuses = new Map<string, (notification: Notification) => SendError | null>()
  /** Those that the server shows. */
  const certificates: ShownCertificate[] = []
  let engine: EventEngine | null = null
  let ids = 0
  let engines = 0
  /** Called with each notification that was taken, before the engine gets the answer. */
  let afterSending: (notification: Notification) => Promise<void> = async () => {}

  async function start() {
    engine = new EventEngine({
      store,
      interval,
      retention: { samples: 1e9, events: 1e9, hosts: 1e9 },
      watching: { check: 1e9, severity: 1, isGrouping: true, skew: 120, ...watching },
      notifier: {
        zone: 'UTC',
        webUrl: 'https://monitor.example.org/',
        makeId: () => `id-${ids++}`,
        channels: CHANNELS,
        async send(channel, notification) {
          const one = { ...notification, channel, at: clock.now() }
          tries.push(one)
          const rejection = refuses.get(notification.target)?.(notification) ?? null
          if (rejection !== null) throw rejection
          if (away.has(notification.target)) throw new SendError('away', { retry: true })
          sent.push(one)
          await afterSending(notification)
          return 'taken'
        },
        sendTest: async () => ({ isDelivered: true, answer: 'taken' }),
        close() {},
      },
      heartbeatUrl: null,
      holder: `engine ${engines++}`,
      random: () => 0,
      serverName: 'monitor',
      listCertificates: () => certificates,
      clock,
      log,
      tasks: [
        followClock,
        clampTimes,
        watchAvailability,
        watchClocks,
        watchCertificates,
        watchNotifications,
        resolveAttempts,
        decideNotifications,
        applyRules,
        sendNotifications,
      ],
    })
    await clock.advance(0)
  }

  const harness = {
    store,
    clock,
    sent,
    tries,
    away,
    refuses,
    certificates,
    lines,
    now: () => clock.now(),
    /** `kind host severity` of all that was sent. */
    notified: () => sent.map(({ kind, events }) => `${kind} ${events[0]?.host} ${events[0]?.severity}`),
    start,
    async stop() {
      let isStopped = engine === null
      engine?.stop().then(() => {
        isStopped = true
      })
      // An engine that waits for its next cycle needs the clock to move.
      while (!isStopped) await clock.advance(100)
      engine = null
    },
    async restart() {
      await harness.stop()
      await start()
    },
    onSent(act: (notification: Notification) => Promise<void>) {
      afterSending = act
    },
    say: (host: string, ...events: EventReport[]) =>
      store.ingest.write([aReport(host, { seen: clock.now(), events })]),
    /** Lets `seconds` pass, and a tenth of a second more for the cycle that is due at the end. */
    wait: (seconds: number) => clock.advance(seconds * 1000 + 100),
    addRule: (rule: Partial<Rule> = {}) => store.rules.add({ ...A_RULE, name: `rule ${ids++}`, ...rule }),
    async close() {
      await harness.stop()
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return harness
}

const A_RULE: Omit<Rule, 'id'> = {
  name: '',
  enabled: true,
  host: '%',
  metric: '%',
  severities: [1, 2, 3, 4],
  onOpening: true,
  onClosing: true,
  onSeverityChange: false,
  channel: 'webhook',
  target: 'http://127.0.0.1/hook',
  delay: 0,
  repeat: null,
}

/** An agent's report of one event; odd changes open it, even ones close it. */
export function aChange(time: number, change: number, more: Partial<EventReport> = {}): EventReport {
  const status = change % 2 === 1 ? 'open' : 'closed'
  return { uid: 'u1', change, time, metric: METRIC, severity: 2, status, message: 'too much', ...more }
}
