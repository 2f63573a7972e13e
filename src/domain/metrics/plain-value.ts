import type { Comparison } from '../comparison.ts'
import { formatFigure } from './figure.ts'
import { valueForm } from './metric.ts'
import { isNumberForm } from './unit.ts'

/** A value in plain characters, as mail subjects and terminals take it: `96.1 %`, `1204`, `read-only`. */
export function formatMetric(value: number, metric: string): string {
  const { number, unit } = formatFigure(value, valueForm(metric))
  const digits = number.replaceAll('\u202f', '').replaceAll('−', '-')
  return unit === '' ? digits : `${digits} ${unit}`
}

/**
 * The same without zeros behind the point, as people write thresholds: `95 %`. Places of words are compared by size as the
 * numbers they are.
 */
export function formatMetricThreshold(value: number, metric: string, compare: Comparison): string {
  const form = valueForm(metric)
  const isBySize = compare !== '=' && compare !== '!='
  if (!isNumberForm(form) && form.length > 2 && isBySize) return String(value)
  const text = formatMetric(value, metric)
  return isNumberForm(form) ? text.replace(/(\.\d*?)0+(?=\s|$)/, '$1').replace(/\.(?=\s|$)/, '') : text
}
