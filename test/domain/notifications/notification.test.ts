import { describe, expect, test } from 'bun:test'
import type { Event } from '../../../src/domain/event.ts'
import {
  type NotificationSource,
  writeDigest,
  writeNotification,
  writeTest,
} from '../../../src/domain/notifications/notification.ts'
import {
  detailEvent,
  toNotifiedEvent,
  writeOriginalSubject,
} from '../../../src/domain/notifications/notified-event.ts'

const OPENED = Date.UTC(2026, 0, 1, 12) / 1000
const EVENT: Event = {
  id: 7,
  host: 'web01',
  metric: 'perf.filesystem.dev.sda1.percent.used',
  severity: 1,
  status: 'open',
  message: 'Filesystem dev.sda1 percent used > 95 for 15 minutes',
  value: 96.1,
  opened: OPENED,
  closed: null,
  acknowledgedBy: null,
  acknowledged: null,
  isStale: false,
  members: [],
}
const HOST = {
  name: 'web01',
  groups: ['site:ams1', 'web'],
  givenGroups: [],
  ip: '10.0.0.5',
  platform: 'Linux',
  build: 'Debian 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memoryMb: 7976,
  firstSeen: OPENED - 86_400,
  lastSeen: OPENED,
  clockSkew: 0,
  latestTime: OPENED,
  latest: { 'perf.filesystem.dev.sda1.percent.used': 96.4 },
  mounts: { 'dev.sda1': '/var' },
}

function source(
  over: Partial<Event> = {},
  kind: NotificationSource['kind'] = 'opening',
  host: typeof HOST | null = HOST,
): NotificationSource {
  const snapshot = detailEvent({ ...EVENT, ...over }, host, OPENED + 60)
  return { kind, rule: 'On call', event: toNotifiedEvent(snapshot) }
}
const LINK = 'https://monitor.example.org/events/7'
const options = { zone: 'UTC', link: LINK }

describe('a notification', () => {
  test('has the problem with its value as its subject', () => {
    const { subject } = writeNotification(source(), options)
    expect(subject).toBe('[CRITICAL] web01: /var is 96.4 % full (above 95 % for 15 min)')
    expect(writeOriginalSubject(EVENT)).toBe('web01:perf.filesystem.dev.sda1.percent.used:critical:open')
  })

  test('says value, threshold, host, groups, since when, and what can be done', () => {
    expect(writeNotification(source(), options).text).toBe(
      [
        '/var is 96.4 % full (above 95 % for 15 min)',
        '',
        'Host: web01',
        'Groups: site:ams1, web',
        'Severity: critical',
        'Status: open',
        'Value: 96.4 %',
        'Threshold: above 95 % for 15 min',
        'Since: 2026-01-01 12:00:00 UTC',
        'Metric: perf.filesystem.dev.sda1.percent.used',
        'Rule: On call',
        '',
        `Open: ${LINK}`,
        `Acknowledge: ${LINK}/acknowledge`,
        `Mute: ${LINK}/mute`,
        '',
      ].join('\n'),
    )
  })

  test('of a closing says when, how long, and how it is now', () => {
    const closed = source({ status: 'closed', closed: OPENED + 7505 }, 'closing')
    const { subject, text } = writeNotification(closed, options)
    expect(subject).toBe('[CLOSED] web01: /var was 96.1 % full (above 95 % for 15 min), now 96.4 %')
    expect(text).toContain('Triggering value: 96.1 %\nValue now: 96.4 %\n')
    expect(text).toContain('Closed: 2026-01-01 14:05:05 UTC\nDuration: 2 hours 5 minutes\n')
    expect(text).toEndWith(`\n\nOpen: ${LINK}\n`)
  })

  test.each([
    ['perf.link.eth0.state', 'down', 'up'],
    ['perf.filesystem.dev.sda1.writable', 'read-only', 'writable'],
    ['perf.system.reboot.state', 'required', 'not required'],
    ['perf.check.shop.state', 'failing', 'passing'],
  ])('calls the states of %s what its metric does', (metric, bad, good) => {
    const event = { metric, message: `${metric} = 0 for 5 minutes`, value: 0 }
    const host = { ...HOST, latest: { ...HOST.latest, [metric]: 1 } }
    const closed = source({ ...event, status: 'closed', closed: OPENED + 60 }, 'closing', host)
    const { text } = writeNotification(closed, options)
    expect(text).toContain(`Triggering value: ${bad}\nValue now: ${good}\n`)
    expect(text).not.toContain('stopped')
  })

  test('names its hosts when it is of several, and its host in the title of a mail that is opened alone', () => {
    expect(writeNotification(source(), options).html).toContain(
      '<title>New event: web01: /var is 96.4 % full',
    )
    const members = Array.from({ length: 60 }, (_, i) => `web${i}`)
    const { text } = writeNotification(source({ members, host: '60 hosts' }, 'opening', null), options)
    expect(text).toContain(`\nHosts: ${members.slice(0, 50).join(', ')} and 10 more\n`)
    expect(text).not.toContain('\nHost: ')
  })

  test('of a host that was removed or is down says what the event itself contains', () => {
    const gone = writeNotification(source({}, 'opening', null), options)
    expect(gone.subject).toBe('[CRITICAL] web01: /dev/sda1 is 96.1 % full (above 95 % for 15 min)')
    expect(gone.text).not.toContain('Groups')
    const down = writeNotification(source({}, 'repeat', { ...HOST, lastSeen: OPENED - 3600 }), options)
    expect(down.text).toContain('\nValue: 96.1 %\n')
  })

  test('that an older version wrote, without details, is sent all the same', () => {
    const { value: _, ...old } = EVENT
    const event = toNotifiedEvent(old as Event)
    const { subject, text } = writeNotification({ kind: 'opening', rule: 'On call', event }, options)
    expect(subject).toBe('[CRITICAL] web01: /dev/sda1 usage above 95 % for 15 min')
    expect(text).not.toMatch(/undefined|null|NaN/)
  })

  test('names who acknowledged it, and has its links in both forms', () => {
    const { text, html } = writeNotification(source({ acknowledgedBy: 'ann' }), options)
    expect(text).toContain('Acknowledged by: ann\n')
    expect(html).toContain(`<a href="${LINK}/acknowledge">Acknowledge</a>`)
    expect(writeNotification(source(), { zone: 'UTC', link: null }).text).not.toContain('Open:')
  })

  test('takes nothing from a name as markup, nor as a line or header of its own', () => {
    const bad = { ...source({ message: '<script>x</script> & "y"\r\nBcc: all@example.org' }), rule: 'a\nb' }
    const { subject, text, html } = writeNotification(bad, options)
    expect(html).not.toContain('<script>')
    expect(html).toContain('&lt;script&gt;x&lt;/script&gt; &amp; &quot;y&quot;')
    expect(text.split('\n')[0]).toBe('<script>x</script> & "y" Bcc: all@example.org')
    expect(text).toContain('Rule: a b\n')
    expect(writeNotification(source({ host: 'a\r\nBcc: b' }), options).subject).not.toMatch(/[\r\n]/)
    expect(writeOriginalSubject({ ...EVENT, host: 'a\r\nBcc: b' })).not.toMatch(/[\r\n]/)
    expect(subject).not.toMatch(/[\r\n]/)
  })
})

describe('a digest', () => {
  test('counts what it holds and lists every event', () => {
    const sources = Array.from({ length: 12 }, (_, i) =>
      i < 9
        ? source({ host: `web${i}` })
        : source({ host: `web${i - 9}`, status: 'closed', closed: OPENED + 60 }, 'closing'),
    )
    const { subject, text } = writeDigest(sources, options)
    expect(subject).toBe('12 notifications from 9 hosts: 9 open, 3 closed')
    expect(text.split('\n').filter((line) => line.includes('% full')).length).toBe(12)
    expect(text).toContain('2026-01-01 12:00:00 UTC  [CRITICAL] web3: /var is 96.4 % full')
  })

  test('of very many events stays readable', () => {
    const { text, html } = writeDigest(new Array(5000).fill(source()), options)
    expect(text).toContain('and 4800 more')
    expect(html.length).toBeLessThan(200_000)
  })
})

test('a test message says where it comes from', () => {
  const { subject, text } = writeTest('mon01', Date.UTC(2026, 0, 1) / 1000, options)
  expect(subject).toBe('Test message of monitor on mon01')
  expect(text).toContain('2026-01-01 00:00:00 UTC')
})
