import { COMPARISONS } from '../domain/comparison.ts'
import { isSeverity } from '../domain/event.ts'
import { canBeMetricPattern } from '../domain/pattern.ts'
import {
  MAX_REPORTED_DURATION,
  MAX_REPORTED_THRESHOLDS,
  type ReportedThreshold,
} from '../domain/thresholds/reported-threshold.ts'
import { isFields, readNumber } from './field.ts'
import type { Tally } from './rejection-tally.ts'

/**
 * The thresholds that an agent reports; null when it reports none. Invalid ones, and those beyond
 * `MAX_REPORTED_THRESHOLDS`, are left out and counted.
 */
export function readThresholds(value: unknown, tally: Tally): ReportedThreshold[] | null {
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) {
    tally.refuse('threshold')
    return null
  }
  const read = value.slice(0, MAX_REPORTED_THRESHOLDS).map(readThreshold)
  const thresholds = read.filter((threshold) => threshold !== null)
  tally.refuse('threshold', value.length - thresholds.length)
  return thresholds
}

function readThreshold(fields: unknown): ReportedThreshold | null {
  if (!isFields(fields)) return null
  const { metric, severity, isStandard = false } = fields
  const compare = COMPARISONS.find((one) => one === fields.compare)
  const value = readNumber(fields.value)
  const duration = readDuration(fields.duration)
  const clearAfter = isAbsent(fields.clearAfter) ? null : readDuration(fields.clearAfter)
  const clearValue = isAbsent(fields.clearValue) ? null : readNumber(fields.clearValue)
  const isWhole =
    typeof metric === 'string' &&
    canBeMetricPattern(metric) &&
    isSeverity(severity) &&
    compare !== undefined &&
    typeof isStandard === 'boolean'
  if (!isWhole || [value, duration, clearAfter, clearValue].some(Number.isNaN)) return null
  return { metric, severity, compare, value, duration, clearAfter, clearValue, isStandard }
}

const isAbsent = (value: unknown) => value === undefined || value === null

/** Whole seconds; NaN for anything else. */
function readDuration(value: unknown): number {
  const duration = readNumber(value)
  return Number.isInteger(duration) && duration >= 0 && duration <= MAX_REPORTED_DURATION
    ? duration
    : Number.NaN
}
