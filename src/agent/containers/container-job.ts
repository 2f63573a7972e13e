import { existsSync, realpathSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import { type BackgroundJob, limitRun } from '../background-result.ts'
import { ContainerWatch, ENGINE_METRIC } from './container-watch.ts'

/** Where Docker and Podman listen. */
export const CONTAINER_SOCKETS: readonly string[] = ['/run/docker.sock', '/run/podman/podman.sock']

const TIMEOUT_MS = 20_000

export type ContainerOptions = {
  readonly sockets?: readonly string[]
  /** Keeps counts of restarts for the next start of the agent; null keeps none. */
  readonly restartsFile?: string | null
  readonly intervalMs: number
  readonly clock: Clock
}

/** The containers of this machine as work that runs in the background. */
export function createContainerJob({
  sockets = CONTAINER_SOCKETS,
  restartsFile = null,
  intervalMs,
  clock,
}: ContainerOptions): BackgroundJob {
  const timeoutMs = limitRun(intervalMs, TIMEOUT_MS)
  const watch = new ContainerWatch({ clock, intervalMs, timeoutMs, restartsFile })
  return {
    name: 'containers',
    intervalMs,
    timeoutMs,
    async run(signal) {
      const present = sockets.filter((socket) => existsSync(socket))
      const engines = present.length > 1 ? dropLinks(present) : present
      if (engines.length === 0) throw new Error(`there is no socket ${sockets.join(' or ')}`)
      return watch.read(engines, signal)
    },
    noteUnsettled: (metrics) => watch.noteUnsettled(metrics),
    close: () => watch.close(),
    fail: (failure) => ({
      samples: [{ metric: ENGINE_METRIC, value: 0 }],
      reasons: new Map([[ENGINE_METRIC, failure]]),
      failure,
    }),
  }
}

/** Where Podman stands in for Docker, the socket of one is a link to that of the other. */
function dropLinks(sockets: readonly string[]): string[] {
  const byTarget = new Map<string, string>()
  for (const socket of sockets)
    try {
      const target = realpathSync(socket)
      if (!byTarget.has(target)) byTarget.set(target, socket)
    } catch {
      // It has gone since.
    }
  return [...byTarget.values()]
}
