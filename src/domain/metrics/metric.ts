import { findFamily } from './catalogue.ts'
import { formatValue } from './figure.ts'
import { rememberByName } from './remember.ts'
import { isNumberForm, type Unit, type ValueForm } from './unit.ts'

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
  formatValue(value, valueForm(metric))

/** How all values of a metric are written, on pages, in graphs and in notifications. */
export const valueForm = rememberByName((metric: string): ValueForm => {
  const statuses = findFamily(metric)?.family.statuses
  if (statuses !== undefined) return statuses
  const unit = metricUnit(metric)
  return unit === 'state' ? wordsOf(stateWords(metric)) : unit
})

/** True of a metric whose values are said in words: each is a state that holds until the next sample. */
export const isStateMetric = (metric: string): boolean => !isNumberForm(valueForm(metric))

/** How values of several metrics are written on one scale: in their own words where they share these. */
export function sharedForm(metrics: readonly string[]): ValueForm {
  const forms = metrics.map((metric) => valueForm(metric))
  const [first = ''] = forms
  if (forms.every((form) => String(form) === String(first))) return first
  const number = forms.find(isNumberForm)
  return number ?? (metrics.every((metric) => metricUnit(metric) === 'state') ? wordsOf(STATES) : '')
}

type StateWords = { readonly good: string; readonly bad: string }

/** Of states that no family declares, as of other programs. */
const STATES: StateWords = { good: 'OK', bad: 'Not OK' }

/** Words for 1 and 0 of a metric whose unit is `state`, as they stand alone. */
export const stateWords = (metric: string): StateWords => findFamily(metric)?.family.states ?? STATES

const wordsOf = ({ good, bad }: StateWords) => [withinSentence(bad), withinSentence(good)]

/** A word as it stands within a sentence: `running`, and `OK` as it is. */
export const withinSentence = (word: string): string =>
  /^\p{Lu}{2}/u.test(word) ? word : word.charAt(0).toLowerCase() + word.slice(1)
