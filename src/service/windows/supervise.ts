import type { Supervisor } from '../../platform/supervisor-notifications.ts'

/** A stop is over within five seconds; the service manager gives it a little longer. */
const STOP_HINT_MS = 8_000

/**
 * An entry of the build: the way there counts from the top of what is compiled, where the chunk that this
 * file is in lies, too.
 */
const WORKER = new URL('./src/platform/win32/service-worker.js', import.meta.url).href

/** Takes this process for the Windows service of that name. A shutdown of the machine is a stop. */
export async function superviseByWindows(name: string, stop: (reason: string) => void): Promise<Supervisor> {
  const { enterService } = await import('../../platform/win32/service-entry.ts')
  const entry = await enterService(name, new Worker(WORKER, { ref: false }), stop)
  return {
    ready: () => entry.report({ state: 'running' }),
    stopping: () => entry.report({ state: 'stopping', waitHintMs: STOP_HINT_MS }),
    stopped: async (exitCode) => entry.report({ state: 'stopped', exitCode }),
  }
}
