import { expect, test } from 'bun:test'
import type { Rule } from '../../../src/domain/notifications/rule.ts'
import { findRuleErrors, MAX_SECONDS } from '../../../src/domain/notifications/rule-check.ts'

const CHANNELS = [
  { name: 'mail', checkTarget: (address: string) => (address.includes('@') ? null : 'an address') },
]
const RULE: Omit<Rule, 'id'> = {
  name: 'Team',
  enabled: true,
  host: '*',
  metric: '*',
  severities: [1],
  onOpening: true,
  onClosing: false,
  onSeverityChange: false,
  channel: 'mail',
  target: 'ops@example.org',
  delay: 0,
  repeat: null,
}

const CASES: readonly (readonly [Partial<Rule>, string | null])[] = [
  [{}, null],
  [{ delay: MAX_SECONDS, repeat: MAX_SECONDS }, null],
  [{ repeat: 60 }, null],
  // Samples come once a minute: nothing changes in between.
  [{ repeat: 59 }, 'repeat'],
  [{ repeat: 0 }, 'repeat'],
  [{ repeat: MAX_SECONDS + 1 }, 'repeat'],
  [{ delay: -1 }, 'delay'],
  [{ delay: 0.5 }, 'delay'],
  [{ host: 'web\n' }, 'host'],
  [{ metric: 'a'.repeat(301) }, 'metric'],
  [{ severities: [1, 1] }, 'severities'],
  [{ onOpening: false }, 'on_opening'],
  [{ channel: 'pigeon' }, 'channel'],
  [{ target: 'nobody' }, 'target'],
]

test.each(CASES)('a rule with %p is rejected at the field %p', (change, field) => {
  const found = findRuleErrors({ ...RULE, ...change }, CHANNELS, [])
  expect(found.map((fieldError) => fieldError.field)).toEqual(field === null ? [] : [field])
})
