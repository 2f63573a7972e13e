import { COMPARISONS, type Comparison } from '../comparison.ts'
import type { Severity } from '../event.ts'
import { metricTitle } from '../metrics/metric.ts'
import { compileMetricPattern, isMetricPattern, type Matcher } from '../pattern.ts'
import { describeDuration } from '../time/duration.ts'

/** A rule of the agent that decides what is a problem. Times are in seconds. */
export type Threshold = {
  /** A metric's name, or a pattern of names with `*` and `?`. */
  readonly metric: string
  readonly severity: Severity
  readonly compare: Comparison
  readonly value: number
  /** Every sample of this duration has to breach. */
  readonly duration: number
  /** Every sample of this duration has to be good again; null: two intervals. */
  readonly clearAfter: number | null
  /** Good again means that this is not breached either (hysteresis); null: the same as `value`. */
  readonly clearValue: number | null
}

export function isBreach(value: number, compare: Comparison, limit: number): boolean {
  switch (compare) {
    case '>':
      return value > limit
    case '<':
      return value < limit
    case '=':
      return value === limit
    case '>=':
      return value >= limit
    case '<=':
      return value <= limit
    case '!=':
      return value !== limit
  }
}

/** `Memory percent used > 85 for 15 minutes`, and behind a colon the reason where one is known. */
export function describeThreshold(metric: string, threshold: Threshold, reason?: string): string {
  const { compare, value, duration } = threshold
  const text = `${metricTitle(metric)} ${compare} ${value}`
  const condition = duration > 0 ? `${text} for ${describeDuration(duration)}` : text
  return reason === undefined ? condition : `${condition}: ${reason}`
}

/** Tells which thresholds a metric is evaluated by. */
export type ThresholdTable = {
  /** In the order of the configuration; the same array for the same metric each time. */
  of(metric: string): readonly Threshold[]
  /**
   * The places in the list of the metrics whose value breaches any, ascending. What has to be compared for the newest
   * list is remembered, because frames share theirs.
   */
  findBreaches(metrics: readonly string[], values: readonly (number | null)[]): number[]
}

/**
 * Of the thresholds in the configuration, those that name a metric count, otherwise those whose pattern
 * matches it; the standard ones likewise. A threshold of the configuration replaces only standard ones of its
 * own severity.
 */
export function createThresholdTable(
  configured: readonly Threshold[],
  standard: readonly Threshold[],
): ThresholdTable {
  const known = new Map<string, readonly Threshold[]>()
  const own = groupByNearness(configured)
  const outOfTheBox = groupByNearness(standard)
  let newest: { readonly metrics: readonly string[]; readonly checks: readonly Check[] } | null = null
  return {
    findBreaches(metrics, values) {
      if (newest?.metrics !== metrics) {
        const checks = metrics.flatMap((metric, column) =>
          this.of(metric).map(({ compare, value }) => ({ column, compare, limit: value })),
        )
        newest = { metrics, checks }
      }
      const found: number[] = []
      for (const { column, compare, limit } of newest.checks) {
        const value = values[column]
        if (value == null || found.at(-1) === column) continue
        if (isBreach(value, compare, limit)) found.push(column)
      }
      return found
    },
    of(metric) {
      const held = known.get(metric)
      if (held !== undefined) return held
      const mine = findIn(own, metric)
      const others = findIn(outOfTheBox, metric).filter(
        ({ severity }) => !mine.some((threshold) => threshold.severity === severity),
      )
      const found = [...mine, ...others]
      // Names come and go on some machines, so the memory is bounded.
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(metric, found)
      return found
    },
  }
}

/** First those that name a metric, then those with a pattern. */
function groupByNearness(thresholds: readonly Threshold[]): readonly (readonly Matched[])[] {
  const matched = thresholds.map((threshold) => ({
    threshold,
    fits: compileMetricPattern(threshold.metric),
  }))
  return [
    matched.filter(({ threshold }) => !isMetricPattern(threshold.metric)),
    matched.filter(({ threshold }) => isMetricPattern(threshold.metric)),
  ]
}

const MAX_KNOWN = 10_000

/** One comparison for a column of a frame. */
type Check = { readonly column: number; readonly compare: Comparison; readonly limit: number }

type Matched = { readonly threshold: Threshold; readonly fits: Matcher }

function findIn(groups: readonly (readonly Matched[])[], metric: string): readonly Threshold[] {
  for (const group of groups) {
    const found = group.filter(({ fits }) => fits(metric)).map(({ threshold }) => threshold)
    if (found.length > 0) return found
  }
  return []
}

const CONDITION =
  /^ (>=|<=|!=|>|<|=) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: for (\d+) (second|minute|hour|day)s?)?(?:: (.*))?$/s

/** The content of an event's message: the comparison that held, its duration in seconds, and the reason. */
export type Condition = Pick<Threshold, 'compare' | 'value' | 'duration'> & { readonly reason: string | null }

const UNIT_SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 }

/**
 * The condition that an event's message names, as `describeThreshold` and agents of the original write it; null
 * when it is another sentence.
 */
export function readCondition(metric: string, message: string): Condition | null {
  const title = metricTitle(metric)
  const [, sign, number, count, unit = '', reason = null] = message.startsWith(title)
    ? (CONDITION.exec(message.slice(title.length)) ?? [])
    : []
  const compare = COMPARISONS.find((one) => one === sign)
  if (compare === undefined) return null
  const duration = count === undefined ? 0 : Number(count) * (UNIT_SECONDS[unit] ?? 0)
  return { compare, value: Number(number), duration, reason }
}

/** The limit alone of such a condition. */
export function readLimit(metric: string, message: string): Pick<Threshold, 'compare' | 'value'> | null {
  const condition = readCondition(metric, message)
  return condition === null ? null : { compare: condition.compare, value: condition.value }
}
