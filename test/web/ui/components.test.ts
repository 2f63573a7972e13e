import { expect, test } from 'bun:test'
import { SEVERITIES } from '../../../src/domain/event.ts'
import { percentMeter, tintOf } from '../../../src/web/ui/components.tsx'

test.each(SEVERITIES)('a meter and its value have the colour of an event of severity %d', (severity) => {
  const markup = String(percentMeter(91, severity))
  expect(markup).toContain(`class="bar severity-${severity}"`)
  expect(markup).toContain(`<span class="tinted severity-${severity}">91.0`)
})

test('without an event a value has no colour, however high it is', () => {
  const markup = String(percentMeter(100))
  expect(markup).toContain('class="bar"')
  expect(markup).not.toMatch(/severity|tinted/)
  expect(tintOf(null)).toBe(false)
})
