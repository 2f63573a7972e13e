import { phraseMetric } from '../../domain/events/metric-phrase.ts'
import type { PhraseContext } from '../../domain/events/phrase.ts'
import { metricUnit, sharedForm } from '../../domain/metrics/metric.ts'
import type { Unit, ValueForm } from '../../domain/metrics/unit.ts'
import { type SeriesRef, writeRef } from './series-ref.ts'

/** Most lines of one graph: more can't be distinguished. */
export const MAX_COMPARED = 12

export type SeriesComparison = {
  readonly lines: readonly SeriesRef[]
  /** Of the lines on the left: the unit of the first line. */
  readonly leftUnit: Unit
  /** Null when all lines have the same. */
  readonly rightUnit: Unit | null
  /** How the values of each scale are written: lines of one unit may have words of their own. */
  readonly leftForm: ValueForm
  readonly rightForm: ValueForm | null
  /** Requested lines that are not drawn: those with a third unit, and those beyond the most. */
  readonly ofOtherUnits: readonly SeriesRef[]
  readonly beyondMost: readonly SeriesRef[]
}

/** Chooses the lines that one graph can show: at most twelve, in at most two units. */
export function planComparison(refs: readonly SeriesRef[]): SeriesComparison {
  const units = [...new Set(refs.map(({ metric }) => metricUnit(metric)))].slice(0, 2)
  const fitting = refs.filter(({ metric }) => units.includes(metricUnit(metric)))
  const lines = fitting.slice(0, MAX_COMPARED)
  const [leftUnit = '', rightUnit = null] = units
  const formOf = (unit: Unit) =>
    sharedForm(lines.map(({ metric }) => metric).filter((metric) => metricUnit(metric) === unit))
  return {
    lines,
    leftUnit,
    rightUnit,
    leftForm: formOf(leftUnit),
    rightForm: rightUnit === null ? null : formOf(rightUnit),
    ofOtherUnits: refs.filter((ref) => !fitting.includes(ref)),
    beyondMost: fitting.slice(MAX_COMPARED),
  }
}

/** Sentences about the requested lines that are not drawn, but for the unknown ones, which have no unit. */
export function describeRefused(plan: SeriesComparison, unknown: readonly SeriesRef[]): string[] {
  const units = [plan.leftUnit, ...(plan.rightUnit === null ? [] : [plan.rightUnit])]
  const others = plan.ofOtherUnits.filter((ref) => !unknown.includes(ref))
  return [
    others.length > 0 &&
      `A graph has two scales, here ${units.map(describeUnit).join(' and ')}. Left out: ${others.map(writeRef).join(', ')}.`,
    plan.beyondMost.length > 0 &&
      `A graph shows at most ${MAX_COMPARED} lines. Left out: ${plan.beyondMost.map(writeRef).join(', ')}.`,
  ].filter((words) => words !== false)
}

const describeUnit = (unit: Unit) => (unit === '' ? 'plain numbers' : unit === 'state' ? 'states' : unit)

/**
 * The shortest distinct name for each line: the part that all have in common is left out. `hosts` has the
 * known facts about hosts by their names.
 */
export function describeLines(
  lines: readonly SeriesRef[],
  hosts: ReadonlyMap<string, PhraseContext> = new Map(),
): string[] {
  const isOneMetric = new Set(lines.map(({ metric }) => metric)).size === 1
  const isOneHost = new Set(lines.map(({ host }) => host)).size === 1
  return lines.map(({ host, metric }) => {
    if (isOneMetric && !isOneHost) return host
    const { noun } = phraseMetric(metric, hosts.get(host))
    return isOneHost && !isOneMetric ? noun : `${host} ${noun}`
  })
}
