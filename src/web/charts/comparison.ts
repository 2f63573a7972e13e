import { type PhraseContext, phraseMetric } from '../../domain/events/metric-phrase.ts'
import { metricUnit } from '../../domain/metrics/metric.ts'
import type { Unit } from '../../domain/metrics/unit.ts'
import { type SeriesRef, writeRef } from './series-ref.ts'

/** Most lines of one graph: more can't be distinguished. */
export const MAX_COMPARED = 12

export type SeriesComparison = {
  readonly lines: readonly SeriesRef[]
  /** Of the lines on the left: the unit of the first line. */
  readonly leftUnit: Unit
  /** Null when all lines have the same. */
  readonly rightUnit: Unit | null
  /** Sentences about the requested lines that are not drawn. */
  readonly refused: readonly string[]
}

/** Chooses the lines that one graph can show: at most twelve, in at most two units. */
export function planComparison(refs: readonly SeriesRef[]): SeriesComparison {
  const units = [...new Set(refs.map(({ metric }) => metricUnit(metric)))].slice(0, 2)
  const fitting = refs.filter(({ metric }) => units.includes(metricUnit(metric)))
  const others = refs.filter((ref) => !fitting.includes(ref))
  const left = fitting.slice(MAX_COMPARED)
  const refused = [
    others.length > 0 &&
      `A graph has two scales, here ${units.map(describeUnit).join(' and ')}. Left out: ${others.map(writeRef).join(', ')}.`,
    left.length > 0 &&
      `More than ${MAX_COMPARED} lines can't be told apart. Left out: ${left.map(writeRef).join(', ')}.`,
  ].filter((words) => words !== false)
  return {
    lines: fitting.slice(0, MAX_COMPARED),
    leftUnit: units[0] ?? '',
    rightUnit: units[1] ?? null,
    refused,
  }
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
