import { findFamily, METRICS } from '../metrics/catalogue.ts'
import { compileMetricPattern, isMetricPattern } from '../pattern.ts'
import type { Threshold } from './threshold.ts'

/** A threshold pattern that matches no metric, with the names that may have been meant. */
export type UnmatchedPattern = { readonly pattern: string; readonly nearest: readonly string[] }

/** The threshold patterns that match none of the metrics that a host has. */
export function listUnmatched(
  thresholds: readonly Pick<Threshold, 'metric'>[],
  metrics: readonly string[],
): UnmatchedPattern[] {
  const patterns = [...new Set(thresholds.map(({ metric }) => metric))].filter(
    (pattern) => !metrics.some(compileMetricPattern(pattern)),
  )
  if (patterns.length === 0) return []
  const families = [...new Set(metrics.map((metric) => patternOf(findFamily(metric)?.family.name ?? metric)))]
  return patterns.map((pattern) => ({
    pattern,
    nearest: findNearest(pattern, isMetricPattern(pattern) ? families : metrics),
  }))
}

/** The threshold patterns that cannot match any metric of any agent, whatever its machine has. */
export function listImpossible(thresholds: readonly Pick<Threshold, 'metric'>[]): UnmatchedPattern[] {
  return [...new Set(thresholds.map(({ metric }) => metric))]
    .filter((pattern) => !FAMILIES.some((family) => canBothFit(pattern.toLowerCase(), family)))
    .map((pattern) => ({ pattern, nearest: findNearest(pattern, FAMILIES) }))
}

/** `; did you mean A or B?`, or nothing. */
export const suggestNearest = ({ nearest }: UnmatchedPattern): string =>
  nearest.length === 0 ? '' : `; did you mean ${nearest.join(' or ')}?`

/** A pattern that matches every metric of a family: `perf.disk.*.bytes.read`. */
const patternOf = (name: string) => name.replace(/<[a-z]+>/g, '*')

const FAMILIES: readonly string[] = METRICS.map(({ name }) => patternOf(name))

const MAX_NEAREST = 2
/** Names that differ in more than this part of their length are not taken for a typing error. */
const MAX_DIFFERENCE = 0.35
/** A second name is worth telling when it is about as near as the first. */
const AS_GOOD = 2
/**
 * Hosts have up to a thousand metrics, and comparing two long names is expensive: at most this many are
 * compared.
 */
const MAX_COMPARED = 2000

function findNearest(pattern: string, names: readonly string[]): string[] {
  const wanted = pattern.toLowerCase()
  const found = names
    .slice(0, MAX_COMPARED)
    .map((name) => ({ name, distance: countEdits(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= MAX_DIFFERENCE * Math.max(wanted.length, name.length))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NEAREST)
  const [best] = found
  return found
    .filter(({ distance }) => best !== undefined && distance <= best.distance + AS_GOOD)
    .map(({ name }) => name)
}

/** Letters to add, drop or change (Levenshtein). */
function countEdits(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(changed, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    before = row
  }
  return before[b.length] ?? 0
}

/** Whether a text can match both patterns of `*` (any number of characters) and `?`. */
function canBothFit(a: string, b: string): boolean {
  // The positions in `b` that can be reached after this many characters of `a`.
  let reached = closeOver(new Set([0]), b)
  for (const character of a) {
    const next = new Set<number>()
    for (const at of reached) {
      if (character === '*') for (let j = at; j <= b.length; j++) next.add(j)
      else if (b[at] === '*') next.add(at)
      else if (b[at] === '?' || (b[at] !== undefined && (character === '?' || b[at] === character)))
        next.add(at + 1)
    }
    reached = closeOver(next, b)
  }
  return reached.has(b.length)
}

/** A `*` may match nothing. */
function closeOver(reached: Set<number>, b: string): Set<number> {
  for (const at of reached) if (b[at] === '*') reached.add(at + 1)
  return reached
}
