import { describe, expect, test } from 'bun:test'
import type { Rule } from '../../../src/domain/notifications/rule.ts'
import { type PreviewedEvent, previewRule } from '../../../src/domain/notifications/rule-preview.ts'
import { createMaintenanceCalendar } from '../../../src/domain/time/maintenance-window.ts'

const NOW = 1_795_000_000
const RULE: Omit<Rule, 'id'> = {
  name: 'a',
  enabled: true,
  host: 'web*',
  metric: '*',
  severities: [1, 2],
  onOpening: true,
  onClosing: true,
  onSeverityChange: false,
  channel: 'mail',
  target: 'a@example.org',
  delay: 0,
  repeat: null,
}
const event = (ago: number, lasting: number | null, more: Partial<PreviewedEvent> = {}): PreviewedEvent => ({
  host: 'web01',
  metric: 'perf.memory.percent.used',
  severity: 1,
  status: lasting === null ? 'open' : 'closed',
  opened: NOW - ago,
  closed: lasting === null ? null : NOW - ago + lasting,
  acknowledged: null,
  members: [],
  ...more,
})
const NEVER = { mutedUntil: () => null }
const say = (
  rule: Partial<Rule>,
  events: PreviewedEvent[],
  maintenance: Parameters<typeof previewRule>[2] = NEVER,
) =>
  previewRule({ ...RULE, ...rule }, events, maintenance, NOW).map(({ kind, time }) => `${kind} ${NOW - time}`)

describe('what a rule would have sent', () => {
  test.each<[string, Partial<Rule>, PreviewedEvent[], string[]]>([
    ['opening and closing, the newest first', {}, [event(1000, 600)], ['closing 400', 'opening 1000']],
    [
      'nothing of other hosts and severities',
      {},
      [event(9, null, { host: 'db01' }), event(9, null, { severity: 3 })],
      [],
    ],
    [
      'an event of several hosts for one that fits',
      {},
      [event(9, null, { host: '', members: ['db01', 'web02'] })],
      ['opening 9'],
    ],
    [
      'after a delay, and nothing of what was shorter',
      { delay: 300 },
      [event(1000, 200), event(900, null)],
      ['opening 600'],
    ],
    [
      'again and again until it was acknowledged',
      { repeat: 100 },
      [event(1000, null, { acknowledged: NOW - 750 })],
      ['repeat 800', 'repeat 900', 'opening 1000'],
    ],
    [
      'nothing of what was acknowledged before the delay',
      { delay: 300 },
      [event(900, null, { acknowledged: NOW - 800 })],
      [],
    ],
    ['though it is switched off', { enabled: false }, [event(9, null)], ['opening 9']],
  ])('%s', (_, rule, events, sent) => {
    expect(say(rule, events)).toEqual(sent)
  })

  test('was held in maintenance: what is over by then is not sent', () => {
    const window = {
      id: 1,
      name: 'w',
      host: 'web01',
      when: { kind: 'once', from: NOW - 1100, to: NOW - 300 } as const,
    }
    const calendar = createMaintenanceCalendar([window])
    expect(say({}, [event(1000, 600), event(900, null)], calendar)).toEqual(['opening 300'])
  })

  test('has an end for an event that repeats for ever', () => {
    expect(say({ repeat: 60 }, [event(30 * 86_400, null)]).length).toBe(200)
  })
})
