import { findFamily } from './catalogue.ts'
import { formatValue } from './figure.ts'
import { rememberByName } from './remember.ts'
import type { Unit } from './unit.ts'

/** Endings that decide the unit of an undeclared metric; the first match counts. */
const ENDINGS: readonly (readonly [RegExp, Unit])[] = [
  [/\.state$/, 'state'],
  [/\.percent(\.|$)/, '%'],
  [/\.bytes(\.|$)/, 'B'],
  [/\.seconds$/, 's'],
  [/\.celsius$/, '°C'],
]

export function metricUnit(metric: string): Unit {
  return findFamily(metric)?.family.unit ?? ENDINGS.find(([pattern]) => pattern.test(metric))?.[1] ?? ''
}

/** The name in words, as event messages have it: `perf.memory.percent.used` is `Memory percent used`. */
export function metricTitle(metric: string): string {
  const found = findFamily(metric)
  if (found?.family.title !== undefined) {
    const { words } = found
    let i = 0
    return found.family.title.replace(/<[a-z]+>/g, () => words[i++] ?? '')
  }
  const parts = metricSubject(metric)
  const words = (parts?.figure ?? metric.replace(/^perf\./, '')).replaceAll('.', ' ')
  const text = parts ? `${parts.kind} ${parts.subject} ${words}`.trimEnd() : words
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export type MetricSubject = { readonly kind: string; readonly subject: string; readonly figure: string }

/**
 * The thing that a metric is about, where its kind has many: `dev.sda1` of
 * `perf.filesystem.dev.sda1.percent.used`. Names of things may hold dots, and keep them.
 */
export const metricSubject = rememberByName((metric: string): MetricSubject | null => {
  const [subject] = findFamily(metric)?.words ?? []
  if (subject === undefined) return null
  const [, kind = ''] = metric.split('.', 2)
  return { kind, subject, figure: metric.slice(`perf.${kind}.${subject}.`.length) }
})

/** A value in words or figures: a state by what its metric calls it, as `stopped` or `read-only`. */
export const formatMetricValue = (metric: string, value: number): string =>
  wordOfValue(metric, value) ?? formatValue(value, metricUnit(metric))

/** What a metric calls a value, as `stopped` or `read-only`; null where it is a number. */
export function wordOfValue(metric: string, value: number): string | null {
  const status = findFamily(metric)?.family.statuses?.[value]
  if (status !== undefined) return status
  if (metricUnit(metric) !== 'state') return null
  const { good, bad } = stateWords(metric)
  return (value >= 0.5 ? good : bad).toLowerCase()
}

const STATES = { good: 'Good', bad: 'Failed' }

/** Words for 1 and 0 of a metric whose unit is `state`. */
export const stateWords = (metric: string): { readonly good: string; readonly bad: string } =>
  findFamily(metric)?.family.states ?? STATES
