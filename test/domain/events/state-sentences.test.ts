import { describe, expect, test } from 'bun:test'
import { reportAgentCopy } from '../../../src/domain/events/agent-copy.ts'
import { reportCertificate } from '../../../src/domain/events/certificate-end.ts'
import { describeHostClock, describeServerClock } from '../../../src/domain/events/clock-skew.ts'
import { reportKeyMismatch } from '../../../src/domain/events/identity.ts'
import { describeProblem, type ProblemContext } from '../../../src/domain/events/problem.ts'
import { reportRefusedReport } from '../../../src/domain/events/refused-report.ts'
import { reportDamage } from '../../../src/domain/events/storage-damage.ts'
import { METRICS } from '../../../src/domain/metrics/catalogue.ts'
import { SERVER_EVENT_METRICS } from '../../../src/domain/metrics/declared/server-events.ts'
import {
  CONTAINER_STATUS,
  POOL_STATUS,
  placeOfStatus,
} from '../../../src/domain/metrics/declared/statuses.ts'
import { metricUnit, stateWords, valueForm, withinSentence } from '../../../src/domain/metrics/metric.ts'
import type { MetricFamily } from '../../../src/domain/metrics/metric-family.ts'
import { reportNotificationTrouble } from '../../../src/domain/notifications/notification-trouble.ts'
import { describeThreshold } from '../../../src/domain/thresholds/threshold.ts'

const NOW = 1_800_000_000

/** Open, closed and good again, and closed by hand while nothing has changed. */
const STATES: Readonly<Record<string, readonly [open: string, closed: string, still: string]>> = {
  'perf.link.<interface>.state': [
    'Link of eth0 is down',
    'Link of eth0 was down, now up',
    'Link of eth0 was down, still down',
  ],
  'perf.filesystem.<filesystem>.writable': [
    '/var is read-only',
    '/var was read-only, now writable',
    '/var was read-only, still read-only',
  ],
  'perf.raid.<array>.state': [
    'RAID md0 is degraded',
    'RAID md0 was degraded, now complete',
    'RAID md0 was degraded, still degraded',
  ],
  'perf.pool.<pool>.state': [
    'ZFS pool tank is degraded',
    'ZFS pool tank was degraded, now online',
    'ZFS pool tank was degraded, still degraded',
  ],
  'perf.drive.<drive>.state': [
    'Drive sda is failing',
    'Drive sda was failing, now healthy',
    'Drive sda was failing, still failing',
  ],
  'perf.time.synchronized.state': [
    'The clock is not synchronized',
    'The clock was not synchronized, now synchronized',
    'The clock was not synchronized, still not synchronized',
  ],
  'perf.system.reboot.state': [
    'A reboot is required',
    'A reboot was required, it no longer is',
    'A reboot was required, still required',
  ],
  'perf.service.<name>.state': [
    'Service nginx is stopped',
    'Service nginx was stopped, now running',
    'Service nginx was stopped, still stopped',
  ],
  'perf.process.<name>.state': [
    'Process nginx is not running',
    'Process nginx was not running, now running',
    'Process nginx was not running, still not running',
  ],
  'perf.check.<name>.state': [
    'Check nginx is failing',
    'Check nginx failed, now passing',
    'Check nginx failed, still failing',
  ],
  'perf.containers.state': [
    'Container engine is not answering',
    'Container engine was not answering, now answering',
    'Container engine was not answering, still not answering',
  ],
  // An agent that does not say how its containers are; the others are below.
  'perf.container.<name>.state': [
    'Container nginx is not running',
    'Container nginx was not running, now OK',
    'Container nginx was not running, still not running',
  ],
  'perf.container.<name>.healthy': [
    'Container nginx is unhealthy',
    'Container nginx was unhealthy, now healthy',
    'Container nginx was unhealthy, still unhealthy',
  ],
  'perf.textfiles.state': [
    'Folder of text files is not readable',
    'Folder of text files was not readable, now readable',
    'Folder of text files was not readable, still not readable',
  ],
  'perf.textfile.<file>.state': [
    'Text file backup.prom is not valid',
    'Text file backup.prom was not valid, now valid',
    'Text file backup.prom was not valid, still not valid',
  ],
}

const NAMES: Readonly<Record<string, string>> = {
  interface: 'eth0',
  filesystem: 'dev.sda1',
  array: 'md0',
  pool: 'tank',
  drive: 'sda',
  name: 'nginx',
  file: 'backup.prom',
}

const nameOne = ({ name }: Pick<MetricFamily, 'name'>) =>
  name.replace(/<([a-z]+)>/g, (_, word: string) => NAMES[word] ?? word)

const breach = (metric: string, reason?: string) =>
  describeThreshold(
    metric,
    { metric, severity: 2, compare: '=', value: 0, duration: 300, clearAfter: null, clearValue: null },
    reason,
  )

function say(
  metric: string,
  message: string,
  status: 'open' | 'closed',
  context: Partial<ProblemContext> = {},
): string {
  const closed = status === 'closed' ? NOW - 60 : null
  return describeProblem(
    { host: 'web01', metric, status, message, opened: NOW - 3600, closed, members: [], value: 0 },
    { now: NOW, mounts: { 'dev.sda1': '/var' }, endsWithCurrent: true, ...context },
  ).text
}

const families = METRICS.filter(
  (family) => metricUnit(nameOne(family)) === 'state' && !SERVER_EVENT_METRICS.includes(family),
)

test('every state of the catalogue has words of its own, and is in the table', () => {
  expect(families.filter(({ states }) => states === undefined).map(({ name }) => name)).toEqual([])
  expect(families.map(({ name }) => name).sort()).toEqual(Object.keys(STATES).sort())
})

describe('the sentences of a state', () => {
  test.each(families.map((family) => [family.name, family] as const))('%s', (name, family) => {
    const metric = nameOne(family)
    const message = breach(metric)
    expect([
      say(metric, message, 'open', { current: 0 }),
      say(metric, message, 'closed', { current: 1 }),
      say(metric, message, 'closed', { current: 0 }),
    ]).toEqual([...(STATES[name] ?? [])])
    // Where no value is known, as from agents of the original, it is said all the same.
    expect(say(metric, message, 'open')).toBe(STATES[name]?.[0] ?? '')
    // Graphs, tables and tooltips have the words that the sentences have.
    const { bad, good } = stateWords(metric)
    expect(valueForm(metric)).toEqual([withinSentence(bad), withinSentence(good)])
  })

  const container = (status: string) => placeOfStatus(CONTAINER_STATUS, status)
  const pool = (status: string) => placeOfStatus(POOL_STATUS, status)
  test.each<[string, 'open' | 'closed', number, Record<string, number>, string]>([
    ['container.api', 'closed', 1, { status: container('running') }, 'now running'],
    ['container.api', 'closed', 1, { status: container('exited') }, 'now finished'],
    ['container.api', 'closed', 1, { status: container('running'), healthy: 0 }, 'now unhealthy'],
    ['container.api', 'open', 0, { status: container('exited') }, 'is not running'],
    ['pool.tank', 'open', 0, { status: pool('FAULTED') }, 'is faulted'],
    ['pool.tank', 'closed', 1, { status: pool('ONLINE') }, 'now online'],
    ['raid.md0', 'open', 0, { 'disks.missing': 0 }, 'is inactive'],
    ['raid.md0', 'open', 0, { 'disks.missing': 1, 'rebuild.percent': 12 }, 'is rebuilding'],
  ])('of %s, %s, %d, is what it says itself: %p', (thing, status, value, others, end) => {
    const metric = `perf.${thing}.state`
    const latest = Object.fromEntries(
      Object.entries({ state: value, ...others }).map(([figure, one]) => [`perf.${thing}.${figure}`, one]),
    )
    expect(say(metric, breach(metric), status, { current: value, latest })).toEndWith(end)
  })

  test('say why before how it is now', () => {
    const metric = 'perf.container.api.state'
    expect(say(metric, breach(metric, 'exited with code 137'), 'closed', { current: 1 })).toBe(
      'Container api was not running (exited with code 137), now OK',
    )
  })

  test('of another program are good or not', () => {
    const metric = 'other.backup.state'
    expect(say(metric, breach(metric), 'open', { current: 0 })).toBe('Other backup is not OK')
    expect(say(metric, breach(metric), 'closed', { current: 1 })).toBe('Other backup was not OK, now OK')
  })
})

test('other metrics of a service are not said to be its state', () => {
  const metric = 'perf.service.nginx.memory.bytes'
  const message = describeThreshold(metric, {
    ...{ metric, severity: 2, compare: '>', value: 2 ** 30, duration: 0, clearAfter: null, clearValue: null },
  })
  expect(say(metric, message, 'open', { current: 2 ** 31 })).toBe(
    'Memory of service nginx 2.00 GiB (above 1 GiB)',
  )
})

describe('what is counted is a sentence', () => {
  test.each([
    ['perf.systemd.units.failed', 1, '1 systemd unit has failed', '1 systemd unit had failed, now none'],
    ['perf.systemd.units.failed', 3, '3 systemd units have failed', '3 systemd units had failed, now none'],
    [
      'perf.services.stopped',
      2,
      '2 automatic services are stopped',
      '2 automatic services were stopped, now none',
    ],
    [
      'perf.updates.security',
      5,
      '5 security updates are pending',
      '5 security updates were pending, now none',
    ],
    [
      'perf.kernel.oom.kills',
      2,
      '2 processes were killed as memory ran out',
      '2 processes were killed as memory ran out, now none',
    ],
    [
      'perf.btrfs.data.disks.missing',
      1,
      'btrfs data is missing 1 disk',
      'btrfs data was missing 1 disk, now none',
    ],
    ['perf.btrfs.data.errors', 7, 'btrfs data has 7 disk errors', 'btrfs data had 7 disk errors, now none'],
    ['perf.drive.sda.sectors.bad', 3, 'Drive sda has 3 bad sectors', 'Drive sda had 3 bad sectors, now none'],
    [
      'perf.agent.metrics.omitted',
      12,
      'The agent leaves out 12 metrics',
      'The agent left out 12 metrics, now none',
    ],
  ])('%s %d', (metric, value, open, closed) => {
    const message = describeThreshold(metric, {
      ...{ metric, severity: 3, compare: '>', value: 0, duration: 300, clearAfter: null, clearValue: null },
    })
    const event = { host: 'web01', metric, message, opened: NOW - 60, members: [], value }
    expect(
      describeProblem({ ...event, status: 'open', closed: null }, { now: NOW, current: value }).text,
    ).toBe(open)
    const context = { now: NOW, current: 0, endsWithCurrent: true }
    expect(describeProblem({ ...event, status: 'closed', closed: NOW }, context).text).toBe(closed)
  })
})

describe("the server's own events are in the past once they are over", () => {
  const trouble = { channel: 'mail', target: 'o…@example.org', worked: null, gaveUp: null, lost: 2 }
  const clock = (metric: string, message: string) => ({ metric, message })
  test.each([
    [
      reportKeyMismatch(NOW, 'open'),
      "Another agent used this host's name without the host's key, and was refused",
    ],
    [
      reportKeyMismatch(NOW, 'open', true),
      'An agent with a key wanted the name of this host, which an agent without one had used',
    ],
    [reportAgentCopy(NOW, 'open', '10.0.0.7'), 'Two agents reported as this host with the same key'],
    [reportRefusedReport(NOW, 'open'), 'The database did not take what a report of this host held'],
    [
      reportCertificate({ name: 'web', ends: NOW + 86_400 }, NOW),
      'The certificate of the website was to end on 2027-01-16',
    ],
    [
      reportNotificationTrouble('mail', [{ ...trouble, failingSince: NOW - 1200 }], NOW),
      'Notifications by mail to o…@example.org failed for 20 minutes; 2 failed for good',
    ],
    [reportDamage(NOW, 'open', 'chunk 7'), 'Stored samples were damaged (chunk 7)'],
    [
      clock('perf.system.clock.seconds', describeHostClock('web01', 900, 300)),
      "The clock of web01 was 15 minutes ahead of the server's",
    ],
    [
      clock('perf.server.clock.seconds', describeServerClock(-900, 3, 4, 300)),
      'The clock of this server was 15 minutes behind, as 3 of 4 hosts agreed',
    ],
  ])('%p', ({ metric, message }, sentence) => {
    expect(say(metric, message, 'open')).toBe(message)
    expect(say(metric, message, 'closed')).toBe(sentence)
  })
})
