import { describe, expect, test } from 'bun:test'
import {
  type NotificationSource,
  writeDigest,
  writeNotification,
  writeSubject,
  writeTest,
} from '../../../src/domain/notifications/notification.ts'

const source = (
  over: Partial<NotificationSource['event']> = {},
  kind: NotificationSource['kind'] = 'opening',
): NotificationSource => ({
  kind,
  rule: 'On call',
  event: {
    host: 'web01',
    metric: 'perf.memory.percent.used',
    severity: 2,
    status: 'open',
    message: 'Memory percent used > 95 for 15 minutes',
    opened: Date.UTC(2026, 0, 1, 12) / 1000,
    closed: null,
    acknowledgedBy: null,
    ...over,
  },
})
const options = { zone: 'UTC', link: null }

describe('a notice', () => {
  test('has the subject host:metric:severity:status', () => {
    expect(writeSubject(source())).toBe('web01:perf.memory.percent.used:major:open')
    expect(writeNotification(source(), options).subject).toBe('web01:perf.memory.percent.used:major:open')
    expect(writeSubject(source({ status: 'closed', severity: 1 }))).toBe(
      'web01:perf.memory.percent.used:critical:closed',
    )
  })

  test('says message, name, metric, severity, status, time opened and the rule', () => {
    expect(writeNotification(source(), options).text).toBe(
      [
        'Message: Memory percent used > 95 for 15 minutes',
        'Name: web01',
        'Metric: perf.memory.percent.used',
        'Severity: major',
        'Status: open',
        'Opened: 2026-01-01 12:00:00 UTC',
        'Rule: On call',
        '',
      ].join('\n'),
    )
  })

  test('of a closing says when and how long', () => {
    const opened = Date.UTC(2026, 0, 1, 12) / 1000
    const { text } = writeNotification(
      source({ status: 'closed', closed: opened + 7505 }, 'closing'),
      options,
    )
    expect(text).toContain('Closed: 2026-01-01 14:05:05 UTC\nLasted: 2 hours 5 minutes\n')
  })

  test('names who acknowledged it, and the page', () => {
    const link = 'https://monitor.example.org/events/7'
    const { text, html } = writeNotification(source({ acknowledgedBy: 'ann' }), { zone: 'UTC', link })
    expect(text).toContain('Acknowledged by: ann\n')
    expect(text).toEndWith(`\n\n${link}\n`)
    expect(html).toContain(`<a href="${link}">`)
  })

  test('takes nothing from a name as markup, nor as a line or header of its own', () => {
    const bad = { ...source({ message: '<script>x</script> & "y"\r\nBcc: all@example.org' }), rule: 'a\nb' }
    const { subject, text, html } = writeNotification(bad, options)
    expect(html).not.toContain('<script>')
    expect(html).toContain('&#60;script&#62;x&#60;/script&#62; &#38; &#34;y&#34;')
    expect(text.split('\n')[0]).toBe('Message: <script>x</script> & "y" Bcc: all@example.org')
    expect(text).toContain('Rule: a b\n')
    expect(writeNotification(source({ host: 'a\r\nBcc: b' }), options).subject).not.toMatch(/[\r\n]/)
    expect(subject).not.toMatch(/[\r\n]/)
  })
})

describe('a digest', () => {
  test('counts what it holds and lists every event', () => {
    const sources = Array.from({ length: 12 }, (_, i) =>
      i < 9 ? source({ host: `web${i}` }) : source({ host: `web${i - 9}`, status: 'closed' }, 'closing'),
    )
    const { subject, text } = writeDigest(sources, options)
    expect(subject).toBe('12 notices of 9 hosts: 9 open, 3 closed')
    expect(text.split('\n').filter((line) => line.includes('perf.memory')).length).toBe(12)
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
