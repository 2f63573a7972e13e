import { isMetricName } from '../../domain/sample.ts'
import type { Log } from '../../lib/log.ts'
import type { ProbeContext, ProbeSample } from './probe.ts'

/** Names seen are remembered up to this many; machines that keep making new ones start over. */
const MAX_NAMES = 10_000

/** Adds what the server would take, of each name the first value. */
export type SampleCheck = { collect(found: readonly (readonly ProbeSample[] | null)[]): ProbeSample[] }

/**
 * Refuses samples that the server would refuse, each name logged once. A cycle nearly always has the names of the one
 * before in the same order, which is seen without looking each of them up.
 */
export function createSampleCheck(log: Log, noteOnce: ProbeContext['noteOnce']): SampleCheck {
  const checked = new Map<string, boolean>()
  let names: readonly string[] = []

  function isLegal(metric: string): boolean {
    const known = checked.get(metric)
    if (known !== undefined) return known
    const legal = isMetricName(metric)
    if (checked.size >= MAX_NAMES) checked.clear()
    checked.set(metric, legal)
    if (!legal) log.warn('metric skipped: its name is invalid', { metric })
    return legal
  }

  /** Null as soon as a name is another one than that of the cycle before. */
  function collectKnown(found: readonly (readonly ProbeSample[] | null)[]): ProbeSample[] | null {
    const samples: ProbeSample[] = []
    for (const part of found)
      if (part !== null)
        for (const sample of part)
          if (sample.metric !== names[samples.length] || !Number.isFinite(sample.value)) return null
          else samples.push(sample)
    return samples
  }

  return {
    collect(found) {
      const known = collectKnown(found)
      if (known !== null) return known
      const samples: ProbeSample[] = []
      const taken = new Set<string>()
      for (const sample of found.flatMap((part) => part ?? [])) {
        const { metric, value } = sample
        if (!Number.isFinite(value) || !isLegal(metric)) continue
        if (taken.has(metric)) noteOnce?.('metric left out: another one has its name', { metric })
        else {
          taken.add(metric)
          samples.push(sample)
        }
      }
      names = samples.map(({ metric }) => metric)
      return samples
    },
  }
}
