import type { Comparison } from '../comparison.ts'
import type { Severity } from '../event.ts'
import type { ChartName } from './charts.ts'
import type { SectionName } from './sections.ts'
import type { Unit } from './unit.ts'

/**
 * One metric, or all of a kind that has many. This declaration is the only one: probes, pages, the guide, the
 * API and the standard thresholds derive from it.
 */
export type MetricFamily = {
  /** A name, with `<word>` where the name of one of many things stands. */
  readonly name: string
  /** Null where the end of the name decides it: these metrics are named by other programs. */
  readonly unit: Unit | null
  /** Its text in the guide: one sentence or several. */
  readonly doc: string
  /**
   * Its name in words, with the same `<word>` in it; made of the name unless given. Messages of events begin
   * with it.
   */
  readonly title?: string
  /** Both unless given. */
  readonly systems?: 'Linux' | 'Windows'
  /** Sent only when there is something to report, such as things that were left out. */
  readonly isRare?: true
  /** The chart of a host's page that shows it, and its line's name there. */
  readonly chart?: { readonly of: ChartName; readonly line: string }
  /** What people call one of its things, by the name in the metric; that name itself unless given. */
  readonly sayThing?: (name: string) => string
  /** The section of a host's page that has its newest value, and the head of its column (or row) there. */
  readonly section?: { readonly of: SectionName; readonly column: string }
  /** Of metrics whose unit is `state`: what people call 1 and 0. */
  readonly states?: { readonly good: string; readonly bad: string }
  /** What its values stand for, by their place: see `declared/statuses.ts`. */
  readonly statuses?: readonly string[]
  /** The standard thresholds, in effect on every agent whose configuration has none for it. */
  readonly standard?: readonly StandardStep[]
}

export type StandardStep = {
  readonly severity: Severity
  readonly compare: Comparison
  readonly value: number
  /** Seconds. */
  readonly duration: number
  /** The value counts for each processor of the machine. */
  readonly isPerProcessor?: true
}

/** Tells whether a name is one of a family. */
export function isOfFamily(metric: string, { name }: Pick<MetricFamily, 'name'>): boolean {
  return compileFamily(name).test(metric)
}

/**
 * Captures the part for each `<word>`. All but the last take as little as they can: in
 * `perf.check.<check>.value.<label>` a label may be called `value.a`, a check may not.
 */
export function compileFamily(name: string): RegExp {
  const parts = name.split(/<[a-z]+>/).map((part) => part.replaceAll('.', '\\.'))
  const last = parts.pop() ?? ''
  const head = parts.length > 1 ? `${parts.slice(0, -1).join('(.+?)')}(.+?)` : ''
  const before = parts.at(-1)
  return new RegExp(before === undefined ? `^${last}$` : `^${head}${before}(.+)${last}$`)
}

/** Steps that rise: the larger the value, the worse. */
export const above = (
  steps: readonly (readonly [value: number, severity: Severity])[],
  duration: number,
): StandardStep[] => steps.map(([value, severity]) => ({ severity, compare: '>' as const, value, duration }))

/** One step for a state that is not good for this number of seconds. */
export const whenDown = (severity: Severity, duration: number): readonly StandardStep[] => [
  { severity, compare: '=', value: 0, duration },
]

/** Percent of a thing used up, and how bad that is, over fifteen minutes. */
export const USED_UP: readonly StandardStep[] = above(
  [
    [85, 4],
    [90, 3],
    [95, 2],
    [99, 1],
  ],
  900,
)
