import { describe, expect, test } from 'bun:test'
import { describeSilence } from '../../../src/domain/events/availability.ts'
import { describeProblem, type ProblemContext } from '../../../src/domain/events/problem.ts'
import { describeThreshold } from '../../../src/domain/thresholds/threshold.ts'
import { standardThresholds } from '../../../src/domain/thresholds/threshold-standard.ts'

const NOW = 1_800_000_000
const AN_EVENT = {
  host: 'web01',
  status: 'open' as const,
  opened: NOW - 3600,
  closed: null,
  members: [] as string[],
  value: null as number | null,
}

function say(
  metric: string,
  message: string,
  more: Partial<typeof AN_EVENT> = {},
  context: Partial<ProblemContext> = {},
) {
  return describeProblem({ ...AN_EVENT, metric, message, ...more }, { now: NOW, ...context }).text
}

const rule =
  (compare: '>' | '<' | '=' | '>=', value: number, duration: number, reason?: string) => (metric: string) =>
    describeThreshold(
      metric,
      { metric, severity: 2, compare, value, duration, clearAfter: null, clearValue: null },
      reason,
    )

describe('when a disk will be full', () => {
  const metric = 'perf.filesystem.dev.sda1.percent.used'
  const message = rule('>', 90, 900)(metric)
  const day = 86_400
  const forecast = {
    growth: { low: 0.8, mid: 1, high: 1.2 },
    full: { earliest: NOW + 4.2 * day, latest: NOW + 5.8 * day },
  }
  const mounts = { 'dev.sda1': '/var' }

  test('stands behind the sentence of an open problem', () => {
    const context = { current: 93.2, forecast, mounts, now: NOW }
    expect(describeProblem({ ...AN_EVENT, metric, message }, context)).toEqual({
      what: '/var is 93.2 % full',
      detail: 'above 90 % for 15 min, full in 4 to 6 days',
      text: '/var is 93.2 % full (above 90 % for 15 min), full in 4 to 6 days',
    })
  })

  test('is not said of a problem that is over', () => {
    const over = { ...AN_EVENT, status: 'closed' as const, closed: NOW - 60, value: 93.2 }
    const context = { current: null, forecast, mounts, now: NOW }
    expect(describeProblem({ ...over, metric, message }, context).text).toBe(
      '/var was 93.2 % full (above 90 % for 15 min)',
    )
  })
})

describe('a problem in one sentence', () => {
  test.each([
    ['perf.processor.percent.used', rule('>', 95, 900), 98.7, 'CPU 98.7 % (above 95 % for 15 min)'],
    ['perf.processor.percent.iowait', rule('>', 20, 0), 32, 'I/O wait 32.0 % (above 20 %)'],
    ['perf.memory.percent.used', rule('>', 90, 900), 97, 'Memory 97.0 % (above 90 % for 15 min)'],
    [
      'perf.memory.bytes.available',
      rule('<', 1073741824, 300),
      2 ** 29,
      'Available memory 512 MiB (below 1 GiB for 5 min)',
    ],
    ['perf.pagefile.percent.used', rule('>', 85, 900), 91.25, 'Swap 91.3 % (above 85 % for 15 min)'],
    [
      'perf.filesystem.dev.sda1.percent.used',
      rule('>', 95, 900),
      96.1,
      '/var is 96.1 % full (above 95 % for 15 min)',
    ],
    [
      'perf.filesystem.dev.sdb1.percent.used',
      rule('>', 95, 900),
      96.1,
      '/dev/sdb1 is 96.1 % full (above 95 % for 15 min)',
    ],
    [
      'perf.filesystem.dev.sda1.inodes.percent.used',
      rule('>', 90, 0),
      93,
      '/var has 93.0 % of its inodes in use (above 90 %)',
    ],
    [
      'perf.filesystem.dev.sda1.bytes.free',
      rule('<', 5 * 2 ** 30, 0),
      2 ** 31,
      '/var has 2.00 GiB free (below 5 GiB)',
    ],
    ['perf.pressure.io.some.percent', rule('>', 20, 0), 33.3, 'I/O pressure 33.3 % (above 20 %)'],
    ['perf.system.load.15', rule('>', 16, 900), 18.25, 'Load (15 min) 18.3 (above 16 for 15 min)'],
    ['perf.service.nginx.state', rule('=', 0, 300), 0, 'Service nginx is stopped'],
    ['perf.process.java.state', rule('=', 0, 300), 0, 'Process java is not running'],
    [
      'perf.check.shop.state',
      rule('=', 0, 60, 'connection refused'),
      0,
      'Check shop is failing (connection refused)',
    ],
    [
      'perf.check.shop.certificate.days',
      rule('<', 14, 0),
      12.4,
      'Certificate of check shop expires in 12 days (below 14 days)',
    ],
    [
      'perf.check.shop.certificate.days',
      rule('<', 3, 0),
      -1.5,
      'Certificate of check shop expired 1 day ago (below 3 days)',
    ],
    ['perf.check.shop.milliseconds', rule('>', 2000, 0), 3120, 'Check shop took 3120 ms (above 2000 ms)'],
    ['perf.check.backup.value.age', rule('>', 24, 0), 30, 'Check backup: age 30 (above 24)'],
    [
      'perf.container.api.state',
      rule('=', 0, 300, 'exit code 137'),
      0,
      'Container api is not running (exit code 137)',
    ],
    ['perf.container.api.healthy', rule('=', 0, 60), 0, 'Container api is unhealthy'],
    [
      'perf.container.api.restarts.hour',
      rule('>=', 3, 0),
      5,
      'Container api restarted 5 times in an hour (at least 3)',
    ],
    ['perf.container.api.memory.percent', rule('>', 90, 0), 95, 'Container api memory 95.0 % (above 90 %)'],
    [
      'perf.containers.state',
      rule('=', 0, 300, 'no such socket'),
      0,
      'Container engine is not answering (no such socket)',
    ],
    [
      'perf.textfile.backup.prom.state',
      rule('=', 0, 300, 'line 3'),
      0,
      'Text file backup.prom is not valid (line 3)',
    ],
    [
      'perf.textfile.backup.prom.age.seconds',
      rule('>', 86400, 0),
      90000,
      'Age of text file backup.prom 25 h (above 24 h)',
    ],
    [
      'perf.temperature.coretemp.package-id-0.celsius',
      rule('>', 80, 0),
      82,
      'Temperature of CPU package 0 is 82.0 °C (above 80 °C)',
    ],
    ['perf.network.eth0.errors.received', rule('>', 1, 0), 3, 'eth0 errors receiving 3 /s (above 1 /s)'],
    [
      'perf.agent.probe.stuck',
      rule('>', 0, 300, 'no answer from disk'),
      1,
      '1 probe hangs (no answer from disk)',
    ],
    ['perf.text.queue_length', rule('>', 100, 0), 250, 'queue_length 250 (above 100)'],
    ['something.else', rule('>', 1, 0), 2, 'Something else 2 (above 1)'],
  ])('%s', (metric, message, value, sentence) => {
    const mounts = { 'dev.sda1': '/var' }
    expect(say(metric, message(metric), { value }, { mounts })).toBe(sentence)
  })

  test('is never the bare message of a threshold, for any that is watched out of the box', () => {
    const thresholds = standardThresholds({ processors: 4, checks: [{ name: 'shop', interval: 30 }] })
    for (const threshold of thresholds) {
      const metric = threshold.metric.replace('*', 'x')
      const message = describeThreshold(metric, threshold)
      for (const value of [null, 0, 5])
        expect(say(metric, message, { value })).not.toMatch(/ [<>=]|percent used|undefined|null|NaN|state/)
    }
  })

  const metric = 'perf.memory.percent.used'
  const message = 'Memory percent used > 90 for 15 minutes'
  test('says the value of now while it is open, and that of the problem once it is over', () => {
    expect(say(metric, message, { value: 91 }, { current: 97 })).toStartWith('Memory 97.0 %')
    expect(say(metric, message, { value: 91 }, { current: null })).toStartWith('Memory 91.0 %')
    const closed = { status: 'closed' as never, closed: NOW as never }
    expect(say(metric, message, { ...closed, value: 91 }, { current: 12 })).toStartWith('Memory was 91.0 %')
    expect(say('perf.service.nginx.state', 'Service nginx state = 0 for 5 minutes', closed)).toBe(
      'Service nginx was stopped',
    )
  })
  test.each([
    ['perf.service.nginx.state', 1, 'Service nginx was stopped, now running'],
    ['perf.service.nginx.state', 0, 'Service nginx was stopped, still stopped'],
    ['perf.service.nginx.state', null, 'Service nginx was stopped'],
    ['perf.link.eth0.state', 1, 'Link of eth0 was down, now up'],
    ['perf.filesystem.dev.sda1.writable', 1, '/dev/sda1 was read-only, now writable'],
    ['perf.agent.probe.stuck', 0, '0 probes hung, now none'],
  ])('a message that it is over says how %s is now, %s', (name, current, sentence) => {
    const condition = rule('=', 0, 300)(name)
    const over = { status: 'closed' as never, closed: NOW as never }
    expect(say(name, condition, over, { current, endsWithCurrent: true })).toBe(sentence)
    expect(say(name, condition, over, { current })).toBe(sentence.replace(/, (now|still) .*/, ''))
  })
  test('says how it is now where the agent did not report what triggered it', () => {
    const over = { status: 'closed' as never, closed: NOW as never }
    expect(say(metric, message, over, { current: 12, endsWithCurrent: true })).toBe(
      'Memory was above 90 % for 15 min, now 12.0 %',
    )
  })
  test('says the reason of a check before how it is now', () => {
    const name = 'perf.check.shop.state'
    const over = { status: 'closed' as never, closed: NOW as never }
    const context = { current: 1, endsWithCurrent: true }
    expect(say(name, rule('=', 0, 60, 'refused')(name), over, context)).toBe(
      'Check shop failed (refused), now passing',
    )
  })

  test.each([
    ['perf.processor.percent.used', 98.7, 'CPU was 98.7 % (above 1)'],
    ['perf.temperature.coretemp.package-id-0.celsius', 89.3, 'Temperature of CPU package 0 was 89.3 °C'],
    ['perf.containers.running', 7, 'Running containers were 7 '],
    ['perf.agent.queue.length', 7, 'Samples waiting on the agent were 7 '],
    ['perf.btrfs.data.errors', 7, 'btrfs data had 7 disk errors '],
    ['perf.system.load.15', 18, 'Load (15 min) was 18 '],
    ['perf.network.eth0.errors.received', 3, 'eth0 errors receiving were 3 /s'],
    ['perf.network.eth0.bytes.received', 3, 'eth0 receiving was 3 B/s'],
    ['perf.agent.probe.stuck', 1, '1 probe hung'],
    ['perf.check.shop.certificate.days', -1.5, 'Certificate of check shop had expired 1 day before'],
    ['perf.check.shop.milliseconds', 3120, 'Check shop took 3120 ms '],
  ])('of %s is in the past once it is over', (metric, value, sentence) => {
    const closed = { status: 'closed' as never, closed: NOW as never, value }
    expect(say(metric, rule('>', 1, 0)(metric), closed)).toStartWith(
      sentence.replace('above 1)', 'above 1 %)'),
    )
  })
  test('is a condition where no value is known, as from agents of the original', () => {
    expect(say(metric, message)).toBe('Memory above 90 % for 15 min')
    expect(say('perf.service.nginx.state', 'Service nginx state < 1 for 5 minutes')).toBe(
      'Service nginx is stopped',
    )
    expect(say('perf.pagefile.percent.used', 'Pagefile percent used > 85', {}, { platform: 'Windows' })).toBe(
      'Page file above 85 %',
    )
  })
  test('is the message where that is a sentence, in one line', () => {
    expect(say('perf.system.clock.seconds', 'The clock of web01 is 5 minutes ahead')).toBe(
      'The clock of web01 is 5 minutes ahead',
    )
    expect(say(metric, 'Something\r\nBcc: a@b.c')).toBe('Something Bcc: a@b.c')
  })
  test('of a silent host is counted from when it was last seen', () => {
    const silence = { opened: NOW - 2580 }
    const availability = 'perf.system.availability.seconds'
    expect(say(availability, describeSilence('web01', 301), silence)).toBe('No data from web01 for 48 min')
    const over = { ...silence, status: 'closed' as never, closed: (NOW - 1680) as never }
    expect(say(availability, describeSilence('web01', 300), over)).toBe('No data from web01 for 20 min')
    expect(say(availability, describeSilence('web01', 300), over, { isReporting: true })).toBe(
      'No data from web01 for 20 min, now sending again',
    )
    expect(say(availability, describeSilence('web01', 301), silence, { isReporting: true })).toBe(
      'No data from web01 for 48 min',
    )
    expect(say(availability, '3 hosts fell silent at once: a, b, c', silence)).toBe(
      'No data from 3 hosts for 43 min (a, b, c)',
    )
  })
})

test('states of machines are said in the words of their declaration', () => {
  const message = (metric: string) => describeThreshold(metric, { ...stateThreshold, metric })
  const say = (metric: string) =>
    describeProblem(
      {
        host: 'web01',
        metric,
        status: 'open',
        message: message(metric),
        opened: 0,
        closed: null,
        members: [],
        value: 0,
      },
      { now: 60, mounts: { 'dev.sda1': '/var' } },
    ).text
  expect(say('perf.filesystem.dev.sda1.writable')).toBe('/var is read-only')
  expect(say('perf.raid.md0.state')).toBe('RAID md0 is degraded')
  expect(say('perf.time.synchronized.state')).toBe('The clock is not synchronized')
  expect(say('perf.link.eno1.state')).toBe('Link of eno1 is down')
})
const stateThreshold = {
  severity: 2,
  compare: '=',
  value: 0,
  duration: 0,
  clearAfter: null,
  clearValue: null,
} as const
