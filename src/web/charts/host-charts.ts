import type { Host } from '../../domain/hosts/host.ts'
import { metricSubject } from '../../domain/metrics/metric.ts'

/** The longest and the shortest time that small graphs show, in seconds. */
const HOUR = 3600
const YOUNG = 600

/**
 * When the small graphs of a host begin. Those of a young one begin with it, so that its first minutes fill
 * them.
 */
export function chartStart({ firstSeen }: Pick<Host, 'firstSeen'>, to: number): number {
  return Math.max(to - HOUR, Math.min(firstSeen, to - YOUNG))
}

/** Things of a kind that have this figure, in the order of their names. */
export function listSubjects(metrics: readonly string[], kind: string, figure?: string): string[] {
  const found = new Set<string>()
  for (const metric of metrics) {
    const parts = metricSubject(metric)
    if (parts?.kind === kind && (figure === undefined || parts.figure === figure)) found.add(parts.subject)
  }
  return [...found].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
