import type { EventReport } from '../../../src/domain/event.ts'
import type { Bench } from './bench.ts'
import type { WireServer } from './wire-server.ts'

/**
 * What the server received of each event, in the order of opening, its changes by number; the same change twice
 * must be equal.
 */
export function readStories(server: WireServer): Map<string, EventReport[]> {
  const stories = new Map<string, Map<number, EventReport>>()
  for (const { events } of server.batches)
    for (const report of events as EventReport[]) {
      if (report.uid === null) continue
      const story = stories.get(report.uid) ?? new Map<number, EventReport>()
      const before = story.get(report.change)
      if (before !== undefined && !Bun.deepEquals(before, report))
        throw new Error(`change ${report.change} of ${report.uid} was told in two ways`)
      stories.set(report.uid, story.set(report.change, report))
    }
  return new Map(
    [...stories]
      .map(([uid, story]) => [uid, [...story.values()].sort((a, b) => a.change - b.change)] as const)
      .sort(
        ([, [a]], [, [b]]) =>
          (a?.time ?? 0) - (b?.time ?? 0) || (a?.metric ?? '').localeCompare(b?.metric ?? ''),
      ),
  )
}

/** Metrics for which an agent without earlier state reported that no event is open. */
export const readEndings = (server: WireServer) =>
  server.batches.flatMap(({ events }) =>
    (events as EventReport[]).flatMap(({ uid, status, metric }) =>
      uid === null && status === 'closed' ? [metric] : [],
    ),
  )

/** Each event as its changes in one line: `open 3 @60, closed 3 @120`, times counted from `start`. */
export const compareHistories = (server: WireServer, start: number) =>
  [...readStories(server).values()].map((story) =>
    story
      .map(({ status, severity, stale, time }) =>
        [status, severity, ...(stale ? ['stale'] : []), `@${time - start}`].join(' '),
      )
      .join(', '),
  )

/** Puts a machine under the agent whose values the test sets; a metric without a value is not measured. */
export function setValues(bench: Bench, values: Map<string, number>): void {
  const { source } = bench
  bench.source = {
    ...source,
    async measure() {
      await source.measure()
      return { samples: [...values].map(([metric, value]) => ({ metric, value })), failed: 0 }
    },
  }
}
