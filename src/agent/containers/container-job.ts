import { existsSync } from 'node:fs'
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
      if (present.length === 0) throw new Error(`there is no socket ${sockets.join(' or ')}`)
      return watch.read(present, signal)
    },
    close: () => watch.close(),
    fail: (failure) => ({
      samples: [{ metric: ENGINE_METRIC, value: 0 }],
      reasons: new Map([[ENGINE_METRIC, failure]]),
      failure,
    }),
  }
}
