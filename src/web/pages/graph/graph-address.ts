import { type SeriesRef, writeRef } from '../../charts/series-ref.ts'
import { timeRangeQuery } from '../../charts/time-range.ts'
import { metricPath } from '../../ui/components.tsx'
import type { GraphData, GraphOptions } from './read-graph.ts'

type Shown = Pick<GraphData, 'own' | 'plan' | 'timeRange' | 'options'> & { readonly group: string | null }

export type AddressChanges = {
  readonly lines?: readonly SeriesRef[]
  readonly time?: URLSearchParams
  readonly options?: Partial<GraphOptions>
}

/** The query parameters of this graph, with the changes; the line that is in the path is left out. */
export function graphParameters(shown: Shown, changes: AddressChanges = {}): [string, string][] {
  const { lines = shown.plan.lines, time = timeRangeQuery(shown.timeRange) } = changes
  const { isFitted, showsPeaks, before } = { ...shown.options, ...changes.options }
  const keepsOwn = ownStays(shown, lines)
  const named = keepsOwn ? lines.slice(1) : lines
  return [
    ...named.map((line): [string, string] => ['series', writeRef(line)]),
    ...time,
    ...(isFitted ? [['scale', 'fit'] as [string, string]] : []),
    ...(showsPeaks ? [['peaks', '1'] as [string, string]] : []),
    ...(before === null ? [] : [['before', before.key] as [string, string]]),
    ...(shown.group === null ? [] : [['group', shown.group] as [string, string]]),
  ]
}

/** The address of this graph with other lines, another time or other options. */
export function graphAddress(shown: Shown, changes: AddressChanges = {}): string {
  const path = graphPath(shown, changes.lines)
  return `${path}?${new URLSearchParams(graphParameters(shown, changes)).toString()}`
}

/** A graph without the line of its own address is one that compares any. */
export function graphPath(shown: Pick<Shown, 'own' | 'plan'>, lines = shown.plan.lines): string {
  const { own } = shown
  return own !== null && ownStays(shown, lines) ? metricPath(own.host, own.metric) : '/compare'
}

function ownStays({ own }: Pick<Shown, 'own'>, [first]: readonly SeriesRef[]): boolean {
  return own !== null && first !== undefined && writeRef(own) === writeRef(first)
}
