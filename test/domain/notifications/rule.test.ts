import { describe, expect, test } from 'bun:test'
import type { Severity } from '../../../src/domain/event.ts'
import {
  compileRule,
  decide,
  type EventState,
  NOTHING_NOTIFIED,
  type Notified,
  type Rule,
} from '../../../src/domain/notifications/rule.ts'

const rule = (over: Partial<Rule> = {}): Rule => ({
  id: 1,
  name: 'all',
  enabled: true,
  host: '%',
  metric: '%',
  severities: [1, 2, 3, 4],
  onOpening: true,
  onClosing: true,
  onSeverityChange: true,
  channel: 'mail',
  target: 'a@example.org',
  delay: 0,
  repeat: null,
  ...over,
})

type Happening = { at: number; is?: 'open' | 'closed'; severity?: Severity; acknowledged?: true }

/**
 * Plays what happens to an event, asking after every change, at every `recheckAt` and once more in vain;
 * gives what was told and when.
 */
function play(
  of: Rule,
  happenings: Happening[],
  options: { until?: number; quiet?: { from: number; to: number } } = {},
) {
  const { until = 1000, quiet } = options
  const notified: string[] = []
  let event = null as EventState | null
  let memory: Notified = NOTHING_NOTIFIED
  let look: number | null = null
  const ask = (now: number) => {
    if (event === null) return
    const mutedUntil = quiet && quiet.from <= now && now < quiet.to ? quiet.to : null
    const decision = decide(of, event, memory, { now, mutedUntil })
    memory = JSON.parse(JSON.stringify(decision.notified)) as Notified
    look = decision.recheckAt
    if (decision.notify !== null) notified.push(`${now} ${decision.notify} ${event.severity}`)
    const again = decide(of, event, memory, { now, mutedUntil })
    expect(again.notify).toBe(null)
  }
  const wait = (to: number) => {
    for (let i = 0; look !== null && look <= to && i < 1000; i++) ask(look)
  }
  for (const { at, is = 'open', severity, acknowledged } of happenings) {
    wait(at - 1)
    const before = event as EventState | null
    event = {
      status: is,
      severity: severity ?? before?.severity ?? 3,
      changed: at,
      opened: before?.opened ?? at,
      acknowledged: acknowledged ?? (is === 'open' && before?.acknowledged === true),
    }
    ask(at)
  }
  wait(until)
  return notified
}

describe('a rule', () => {
  test('concerns hosts and metrics by pattern', () => {
    const fits = compileRule({ host: 'web%', metric: 'perf.*.used' })
    expect(fits({ host: 'WEB01', metric: 'perf.memory.percent.used' })).toBe(true)
    expect(fits({ host: 'db01', metric: 'perf.memory.percent.used' })).toBe(false)
    expect(fits({ host: 'web01', metric: 'perf.system.load.1' })).toBe(false)
  })

  const story: Happening[] = [
    { at: 10 },
    { at: 20, severity: 1 },
    { at: 30, severity: 4 },
    { at: 40, is: 'closed' },
  ]
  test.each<[string, Partial<Rule>, string[]]>([
    ['tells everything', {}, ['10 opening 3', '20 severity 1', '30 severity 4', '40 closing 4']],
    ['that is disabled tells nothing', { enabled: false }, []],
    ['for openings tells those', { onClosing: false, onSeverityChange: false }, ['10 opening 3']],
    ['for closings tells those', { onOpening: false, onSeverityChange: false }, ['40 closing 4']],
    [
      'for changes of severity tells those',
      { onOpening: false, onClosing: false },
      ['20 severity 1', '30 severity 4'],
    ],
    [
      'for the gravest tells an event that becomes so as an opening, and its closing though it was mild by then',
      { severities: [1], onSeverityChange: false },
      ['20 opening 1', '40 closing 4'],
    ],
    [
      'for the gravest tells that it is mild again when it tells changes',
      { severities: [1] },
      ['20 opening 1', '30 severity 4', '40 closing 4'],
    ],
    ['for other severities tells nothing', { severities: [2] }, []],
  ])('%s', (_, over, expected) => {
    expect(play(rule(over), story)).toEqual(expected)
  })

  test('with a delay notifies about what is still open after it, with the severity of that time', () => {
    const late = rule({ delay: 100 })
    expect(play(late, [{ at: 10 }])).toEqual(['110 opening 3'])
    expect(play(late, [{ at: 10 }, { at: 50, severity: 1 }])).toEqual(['110 opening 1'])
    expect(play(late, [{ at: 10 }, { at: 109, is: 'closed' }])).toEqual([])
    expect(play(late, [{ at: 10 }, { at: 109, acknowledged: true }, { at: 300, is: 'closed' }])).toEqual([])
    expect(play(late, [{ at: 10 }, { at: 200, is: 'closed' }])).toEqual(['110 opening 3', '200 closing 3'])
  })

  test('a delay counts from when the event became what the rule is about', () => {
    expect(play(rule({ delay: 100, severities: [1] }), [{ at: 10 }, { at: 500, severity: 1 }])).toEqual([
      '600 opening 1',
    ])
  })

  test('for closings alone passes over what was shorter than the delay', () => {
    const closings = rule({ onOpening: false, onSeverityChange: false, delay: 100 })
    expect(play(closings, [{ at: 10 }, { at: 60, is: 'closed' }])).toEqual([])
    expect(play(closings, [{ at: 10 }, { at: 160, is: 'closed' }])).toEqual(['160 closing 3'])
  })

  test('repeats until acknowledged or closed', () => {
    const nagging = rule({ repeat: 100 })
    const three = ['10 opening 3', '110 repeat 3', '210 repeat 3']
    expect(play(nagging, [{ at: 10 }], { until: 250 })).toEqual(three)
    expect(play(nagging, [{ at: 10 }, { at: 220, acknowledged: true }])).toEqual(three)
    expect(play(nagging, [{ at: 10 }, { at: 220, is: 'closed' }])).toEqual([...three, '220 closing 3'])
    expect(play(nagging, [{ at: 10 }, { at: 20, severity: 1 }], { until: 125 })).toEqual([
      '10 opening 3',
      '20 severity 1',
      '120 repeat 1',
    ])
  })

  test('in a maintenance window notifies about nothing, and at its end about what is still open or was closed meanwhile', () => {
    const quiet = { from: 100, to: 200 }
    expect(play(rule(), [{ at: 110 }, { at: 150, severity: 1 }], { quiet })).toEqual(['200 opening 1'])
    expect(play(rule(), [{ at: 110 }, { at: 150, is: 'closed' }], { quiet })).toEqual([])
    expect(play(rule(), [{ at: 50 }, { at: 150, is: 'closed' }], { quiet })).toEqual([
      '50 opening 3',
      '200 closing 3',
    ])
    expect(play(rule({ repeat: 60 }), [{ at: 50 }], { quiet, until: 265 })).toEqual([
      '50 opening 3',
      '200 repeat 3',
      '260 repeat 3',
    ])
    expect(play(rule({ delay: 60 }), [{ at: 50 }], { quiet })).toEqual(['200 opening 3'])
  })

  test('an event that was reopened is notified again, even when its closing was not', () => {
    const again: Happening[] = [{ at: 10 }, { at: 20, is: 'closed' }, { at: 30 }, { at: 40, is: 'closed' }]
    expect(play(rule(), again)).toEqual(['10 opening 3', '20 closing 3', '30 opening 3', '40 closing 3'])
    expect(play(rule({ onClosing: false }), again)).toEqual(['10 opening 3', '30 opening 3'])
  })

  test('an event that arrives late is notified at once when its delay is over', () => {
    const event: EventState = { status: 'open', severity: 2, changed: 100, opened: 100, acknowledged: false }
    expect(decide(rule({ delay: 60 }), event, NOTHING_NOTIFIED, { now: 5000, mutedUntil: null }).notify).toBe(
      'opening',
    )
  })
})

test('random stories: never a closing without an opening, never two of either in a row, the last word is right', () => {
  let seed = 11
  const random = (n: number) => {
    seed = (seed * 48271) % 2147483647
    return seed % n
  }
  for (let i = 0; i < 2000; i++) {
    const happenings: Happening[] = []
    let at = 0
    let is: 'open' | 'closed' = 'open'
    for (let k = 0; k < 12; k++) {
      at += 1 + random(80)
      if (k > 0 && random(2)) is = is === 'open' ? 'closed' : 'open'
      happenings.push({
        at,
        is,
        ...(is === 'open' ? { severity: ([1, 2, 3, 4] as const)[random(4)] ?? 1 } : {}),
        ...(is === 'open' && random(4) === 0 ? { acknowledged: true as const } : {}),
      })
    }
    const from = random(500)
    const notified = play(
      rule({
        delay: random(3) * 40,
        repeat: random(2) ? 50 : null,
        severities: random(2) ? [1, 2, 3, 4] : [1, 2],
      }),
      happenings,
      { until: 3000, quiet: { from, to: from + random(300) } },
    )
    let isNotified = false
    for (const line of notified) {
      const kind = line.split(' ')[1]
      expect([kind, kind === 'opening' ? !isNotified : isNotified]).toEqual([kind, true])
      isNotified = kind !== 'closing'
    }
    if (is === 'closed') expect(isNotified).toBe(false)
  }
})

describe('an event that was over before its report arrived', () => {
  const missed: EventState = {
    status: 'closed',
    severity: 3,
    changed: 500,
    opened: 100,
    acknowledged: false,
    wasMissed: true,
  }
  test.each<[string, Partial<Rule>, string | null]>([
    ['is told once by a rule for both', {}, 'closing'],
    ['is told by a rule for openings alone', { onClosing: false }, 'closing'],
    ['is not told when it was shorter than the delay', { delay: 401 }, null],
    ['is not told when nobody wants to know either', { onOpening: false, onClosing: false }, null],
  ])('%s', (_, over, notify) => {
    const decision = decide(rule(over), missed, NOTHING_NOTIFIED, { now: 600, mutedUntil: null })
    expect(decision).toMatchObject({ notify, recheckAt: null })
    expect(decide(rule(over), missed, decision.notified, { now: 700, mutedUntil: null }).notify).toBeNull()
  })
})
