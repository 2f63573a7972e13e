import { COMPARISONS } from '../domain/comparison.ts'
import { isSeverity, type Severity } from '../domain/event.ts'
import { canBeMetricPattern } from '../domain/pattern.ts'
import { isBreach } from '../domain/thresholds/threshold.ts'
import { duration, type Field, integer, number, oneOf, text } from './fields/fields.ts'
import { tables } from './fields/tables.ts'

const fields = {
  metric: text({
    default: '',
    doc:
      'A metric, or a pattern of metrics with * and ?, each judged by itself. The thresholds that ' +
      'name a metric win over those whose pattern it fits. One of your own replaces the standard one of ' +
      'the same severity only.',
    check: (name) =>
      canBeMetricPattern(name)
        ? null
        : 'the name of a metric, such as "perf.memory.percent.used" or "perf.filesystem.*.percent.used"',
  }),
  severity: severity('1 critical, 2 major, 3 warning, 4 information.'),
  compare: oneOf(COMPARISONS, { default: '>', doc: 'It breaches when it compares so with `value`.' }),
  value: number({ default: 0, doc: 'In the unit of the metric.' }),
  duration: duration({
    default: '5m',
    max: '30d',
    doc:
      'It holds when all samples of so long a time breach, at least half of the expected ones are there, and ' +
      'no hole is longer than two intervals, a minute or a quarter of the time, whichever is longest; "0s": ' +
      'one sample is enough.',
  }),
  clearAfter: duration({
    example: '5m',
    max: '30d',
    doc: 'It ends when it was good for so long; two intervals when not given.',
  }),
  clearValue: number({
    doc: 'Good means that this is not breached either (hysteresis); the same as `value` when not given.',
  }),
}

/** `[[agent.threshold]]`: what the agent evaluates its samples by. */
export const thresholds = tables({
  doc:
    'What counts as a problem, judged on the agent. Each stands under a heading [[agent.threshold]] ' +
    'of its own, behind the other settings of [agent], or all in one list as here.',
  fields,
  needed: ['metric', 'severity', 'value'],
  example: [
    {
      metric: 'perf.filesystem.*.percent.used',
      severity: 2,
      compare: '>',
      value: 95,
      duration: 900,
      clearAfter: 300,
      clearValue: 93,
    },
  ],
  check({ compare, value, clearValue }) {
    if (clearValue === null || clearValue === value) return null
    if (compare === '=' || compare === '!=')
      return { field: 'clearValue', expected: 'only where values are compared by size' }
    // A value that is good by it has to be good by `value` too: otherwise it would never be used.
    return isBreach(value, compare === '>=' ? '>' : compare === '<=' ? '<' : compare, clearValue)
      ? null
      : { field: 'clearValue', expected: `a number ${compare.startsWith('>') ? 'below' : 'above'} value` }
  },
})

function severity(doc: string): Field<Severity> {
  const whole = integer({ default: 3, min: 1, max: 4, doc })
  const narrow = (value: number | undefined) => (isSeverity(value) ? value : undefined)
  return {
    ...whole,
    default: 3,
    read: (raw, report) => narrow(whole.read(raw, report)),
    readText: (word, report) => narrow(whole.readText(word, report)),
  }
}
