import type { EventReport } from '../domain/event.ts'
import type { TaskContext } from './task.ts'

/** The open events of a metric: the name of each host, empty where the host is not known. */
type Seen = readonly { readonly host: string; readonly opened: number }[]

/**
 * Reports an event of this server itself: of the host that it runs on, or of none that is known when no agent watches
 * that one. What was begun one way ends that way; `seen` are the open events of the report's metric.
 */
export async function reportOnServer(
  { store: { events, watch }, serverName }: Pick<TaskContext, 'store' | 'serverName'>,
  { time, ...said }: EventReport,
  seen: Seen,
  now: number,
): Promise<void> {
  // A clock that was ahead may have opened it at a time that is still to come.
  const report = { ...said, time: Math.max(time, ...seen.map(({ opened }) => opened)) }
  const isHostless = seen.some(({ host }) => host === '')
  if (!isHostless && (await events.report(serverName, [report]))) return
  await watch.report([{ host: null, members: [serverName], report }], now)
}
