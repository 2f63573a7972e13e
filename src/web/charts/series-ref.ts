import { isHostName } from '../../domain/hosts/host.ts'
import { isMetricName, type Series } from '../../domain/sample.ts'
import type { SummarizedSeries } from '../../domain/series.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { SampleStore } from '../../storage/ports/store.ts'

/** A metric of a host, as addresses name it: `web01:perf.system.load.1`. No name of a host holds a colon. */
export type SeriesRef = { readonly host: string; readonly metric: string }

export const writeRef = ({ host, metric }: SeriesRef) => `${host}:${metric}`

/** Null for what can't name one. */
export function readRef(text: string): SeriesRef | null {
  const colon = text.indexOf(':')
  const [host, metric] = [text.slice(0, colon).toLowerCase(), text.slice(colon + 1)]
  return colon > 0 && isHostName(host) && isMetricName(metric) ? { host, metric } : null
}

/** Parameters `series` of an address that can't name one. */
export const findWrongRefs = (parameters: URLSearchParams) =>
  parameters.getAll('series').filter((text) => readRef(text) === null)

/** The parameters `series` of an address, each once. */
export function readRefs(parameters: URLSearchParams): SeriesRef[] {
  const refs = parameters.getAll('series').flatMap((text) => readRef(text) ?? [])
  return [...new Map(refs.map((ref) => [writeRef(ref), ref])).values()]
}

const NO_SAMPLES: Series = { times: new Float64Array(), values: new Float64Array() }

/** Longer times are read metric by metric, which touches less of each day. */
const SHORT_SECONDS = 2 * 86_400

export const NO_ROWS: SummarizedSeries = {
  times: new Float64Array(),
  low: new Float64Array(),
  mean: new Float64Array(),
  high: new Float64Array(),
  counts: new Float64Array(),
  summary: null,
  step: 0,
}

/**
 * The rows that a graph draws of each, in the given order: at most `points` each; none for an unknown host or
 * metric.
 */
export async function loadRows(
  samples: Pick<SampleStore, 'summarize'>,
  refs: readonly SeriesRef[],
  picture: { readonly from: number; readonly to: number; readonly points: number },
): Promise<SummarizedSeries[]> {
  const found = new Map<string, SummarizedSeries>()
  for (const host of new Set(refs.map((ref) => ref.host))) {
    // Each host takes some milliseconds; samples are taken on the same thread.
    if (host !== refs[0]?.host) await yieldThread()
    const metrics = refs.filter((ref) => ref.host === host).map(({ metric }) => metric)
    for (const [metric, rows] of await samples.summarize(host, [...new Set(metrics)], picture))
      found.set(writeRef({ host, metric }), rows)
  }
  return refs.map((ref) => found.get(writeRef(ref)) ?? NO_ROWS)
}

/** The samples of each, in their order; none for a host or metric that is not known. */
export async function loadSeries(
  samples: Pick<SampleStore, 'range' | 'ranges'>,
  refs: readonly SeriesRef[],
  from: number,
  to: number,
): Promise<Series[]> {
  const found = new Map<string, Series>()
  for (const host of new Set(refs.map((ref) => ref.host))) {
    if (host !== refs[0]?.host) await yieldThread()
    const metrics = refs.filter((ref) => ref.host === host).map(({ metric }) => metric)
    if (to - from <= SHORT_SECONDS && metrics.length > 1)
      for (const [metric, series] of await samples.ranges(host, metrics, from, to))
        found.set(writeRef({ host, metric }), series)
    else
      for (const metric of metrics)
        found.set(writeRef({ host, metric }), await samples.range(host, metric, from, to))
  }
  return refs.map((ref) => found.get(writeRef(ref)) ?? NO_SAMPLES)
}
