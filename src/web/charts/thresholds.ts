import { SEVERITY_NAMES } from '../../domain/event.ts'
import { metricUnit } from '../../domain/metrics/metric.ts'
import type { ValueForm } from '../../domain/metrics/unit.ts'
import {
  findReportedThresholdTable,
  type ReportedThreshold,
} from '../../domain/thresholds/reported-threshold.ts'
import { readLimit, type Threshold } from '../../domain/thresholds/threshold.ts'
import type { Store } from '../../storage/ports/store.ts'
import { formatThreshold } from '../ui/format.ts'
import { createListNewest } from './event-markers.ts'
import type { ThresholdLine } from './threshold-places.ts'

/** The limits of a host's metrics. */
export type HostLimits = {
  /**
   * The thresholds that the agent reported; null when it reported none: then only thresholds named by events
   * are known.
   */
  readonly reported: readonly ReportedThreshold[] | null
  /** The thresholds that can be drawn as a line, in ascending order. */
  of(metric: string): readonly ThresholdLine[]
}

type Limit = Pick<Threshold, 'compare' | 'value' | 'severity'>

/** More lines than that leave no room for the values. */
const MAX_LIMITS = 8

/**
 * Read once for all metrics of a page; for a page of one metric only its own events are looked at, the newest of which
 * `listNewest` gives.
 */
export async function readThresholds(
  { hosts, events }: Pick<Store, 'hosts' | 'events'>,
  host: string,
  metric?: string,
  listNewest = createListNewest(events, { host, metric }),
): Promise<HostLimits> {
  const reported = await hosts.thresholds(host)
  if (reported !== null) {
    const book = findReportedThresholdTable(reported)
    return { reported, of: (one) => toThresholdLines(one, book.of(one)) }
  }
  const named = new Map<string, Limit[]>()
  const looked = new Set<string>()
  for (const event of await listNewest()) {
    // A host has hundreds of events that say the same.
    const words = `${event.severity} ${event.metric} ${event.message}`
    if (looked.has(words)) continue
    looked.add(words)
    const limit = readLimit(event.metric, event.message)
    const known = named.get(event.metric) ?? []
    // Of each severity the newest event counts.
    if (!limit || known.some(({ severity }) => severity === event.severity)) continue
    named.set(event.metric, [...known, { ...limit, severity: event.severity }])
  }
  return { reported, of: (one) => toThresholdLines(one, named.get(one) ?? []) }
}

/**
 * The thresholds of several lines, each once; one that holds for a single line of them has its number. The most severe
 * where there are too many, the least value first.
 */
export function mergeThresholds(lists: readonly (readonly ThresholdLine[])[]): readonly ThresholdLine[] {
  const merged: ThresholdLine[] = []
  for (const [i, list] of lists.entries())
    for (const limit of list) {
      if (merged.some((one) => isSame(one, limit))) continue
      const isShared = lists.some((other, j) => j !== i && other.some((one) => isSame(one, limit)))
      merged.push(isShared || lists.length === 1 ? limit : { ...limit, line: i + 1 })
    }
  return pickWorst(merged)
}

function pickWorst(thresholds: readonly ThresholdLine[]): ThresholdLine[] {
  return thresholds
    .toSorted((a, b) => a.severity - b.severity)
    .slice(0, MAX_LIMITS)
    .sort((a, b) => a.value - b.value)
}

const isSame = (a: ThresholdLine, b: ThresholdLine) =>
  a.value === b.value && a.severity === b.severity && a.isBelow === b.isBelow

/**
 * A comparison with an exact value can't be drawn as a threshold line, and a metric that is a state has no
 * threshold lines.
 */
export function toThresholdLines(metric: string, thresholds: readonly Limit[]): ThresholdLine[] {
  if (metricUnit(metric) === 'state') return []
  const found: ThresholdLine[] = []
  for (const { compare, value, severity } of thresholds) {
    if (compare === '=' || compare === '!=') continue
    const limit = { value, severity, isBelow: compare.startsWith('<') }
    if (!found.some((one) => isSame(one, limit))) found.push(limit)
  }
  return pickWorst(found)
}

/** `information above 85%, critical above 99%`; what holds for one of several lines alone has its name: `(swap)`. */
export function describeThresholds(
  thresholds: readonly ThresholdLine[],
  form: ValueForm,
  names: readonly string[] = [],
): string {
  return thresholds
    .map(({ value, severity, isBelow, line }) => {
      const name = line === undefined ? undefined : names[line - 1]
      const words = `${SEVERITY_NAMES[severity]} ${isBelow ? 'below' : 'above'} ${formatThreshold(value, form)}`
      return name === undefined ? words : `${words} (${name})`
    })
    .join(', ')
}
