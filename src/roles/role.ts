import type { LoadedConfig } from '../config/load.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { EXIT } from '../lib/exit-codes.ts'
import { describeError, type Log } from '../lib/log.ts'
import { FULL_VERSION } from '../lib/version.ts'
import type { ServiceRole } from '../service/paths.ts'
import { findSupervisor, openRoleLog } from '../service/supervisor.ts'
import { releaseStart } from './memory-tuning.ts'
import { type Reload, reloadConfig } from './reload.ts'

/** A stop that takes longer is cut off. Five seconds are promised; this leaves room for the last words. */
const STOP_LIMIT_MS = 4700

const SAME_SIGNAL_MS = 500

const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const

export type RoleContext = {
  readonly clock: Clock
  readonly log: Log
  /** Aborted by the first signal: a start that waits for something rejects with its reason. */
  readonly stopping: AbortSignal
  /** Notes a part that was started. Parts are stopped in the reverse order. */
  readonly own: (part: string, stop: () => Promise<void>) => void
  /** Notes what a part takes up on SIGHUP. A failure is logged, and the part goes on as it was. */
  readonly onReload: (reload: Reload) => void
}

type RolePart = { readonly name: string; readonly stop: () => Promise<void> }

export type RoleSettings = {
  readonly loaded: LoadedConfig
  /** The parts that run in this process: only their settings are checked and reloaded. */
  readonly parts: readonly ServiceRole[]
  /** The clock of everything in it. */
  readonly clock?: Clock
}

/**
 * Runs a role: starts its parts, waits for SIGTERM or SIGINT, stops the parts in reverse order and ends the
 * process, with 0 when every part has stopped in time; a start that waits is given up. A second signal ends
 * it there and then. Rejects when the start fails, after stopping what did start.
 */
export async function runRole(
  role: string,
  { loaded, parts: runs, clock = systemClock }: RoleSettings,
  start: (context: RoleContext) => Promise<void>,
): Promise<never> {
  let running = loaded.config
  const log = await openRoleLog({ ...running.log, level: () => running.log.level })
  logCrashes(log)
  const parts: RolePart[] = []
  // The level of the log is asked for at each line.
  const reloads: Reload[] = [{ part: 'log', keys: ['log.level'], act: () => {} }]
  let reloading = Promise.resolve()
  const { asked, ask, stopping } = awaitSignal(clock, log)
  const began = clock.monotonicMs()
  const supervisor = await findSupervisor(clock, log, (reason) => ask(reason, 15))
  if (process.platform === 'linux' && process.getuid?.() === 0)
    log.warn('running as root is not needed; use a dedicated user', { role })
  try {
    await start({
      clock,
      log,
      stopping,
      own: (name, stop) => parts.push({ name, stop }),
      onReload: (reload) => reloads.push(reload),
    })
    const { onSighup } = await import('./sighup.ts')
    onSighup(
      () => {
        // One after the other: a part may take its time.
        reloading = reloading.then(async () => {
          log.info('SIGHUP: reloading the configuration', { role })
          running = await reloadConfig({ running, load: loaded.reload, parts: runs, reloads, log })
        })
      },
      () => ask('SIGHUP', 1),
    )
    log.info('started', { role, version: FULL_VERSION, pid: process.pid, ms: since(began, clock) })
    supervisor?.ready()
    // An agent knows better when its first cycle is over.
    if (role !== 'agent') releaseStart(clock, log)
  } catch (error) {
    if (!stopping.aborted || error !== stopping.reason) {
      await stopParts(parts, clock, log)
      await supervisor?.stopped(EXIT.failed)
      throw error
    }
  }
  const signal = await asked
  log.info('stopping', { role, signal })
  supervisor?.stopping()
  const stopBegan = clock.monotonicMs()
  const sound = await stopParts(parts, clock, log)
  log.info('stopped', { role, ms: since(stopBegan, clock) })
  const code = sound ? EXIT.ok : EXIT.failed
  await supervisor?.stopped(code)
  process.exit(code)
}

/** An uncaught error ends the process, with a line of the log in place of the runtime's own message. */
function logCrashes(log: Log) {
  const crash = (error: unknown) => {
    log.error('exiting because of an unexpected error', {
      error: describeError(error),
      ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
    })
    process.exit(EXIT.failed)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}

/**
 * `asked` resolves with the first signal, a real one or one that `ask` stands for, and `stopping` is aborted;
 * from then on the process has so long to end by itself.
 */
function awaitSignal(clock: Clock, log: Log) {
  const { promise: asked, resolve } = Promise.withResolvers<string>()
  const stop = new AbortController()
  let signalled: number | null = null
  const ask = (signal: string, number: number) => {
    // Launchers pass a signal on that the whole group got already: what comes at once is the same one.
    if (signalled !== null && clock.monotonicMs() - signalled < SAME_SIGNAL_MS) return
    if (signalled !== null) {
      log.warn('second signal: exiting at once', { signal })
      process.exit(128 + number)
    }
    signalled = clock.monotonicMs()
    clock.after(STOP_LIMIT_MS, () => {
      log.error('did not stop in time: exiting by force', { ms: STOP_LIMIT_MS })
      process.exit(EXIT.failed)
    })
    resolve(signal)
    stop.abort()
  }
  for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => ask(signal, number))
  return { asked, ask, stopping: stop.signal }
}

/** A part that fails to stop does not keep the others from stopping; false when there was one. */
async function stopParts(parts: RolePart[], clock: Clock, log: Log): Promise<boolean> {
  let sound = true
  for (const { name, stop } of parts.splice(0).reverse()) {
    const began = clock.monotonicMs()
    try {
      await stop()
      log.debug('part stopped', { part: name, ms: since(began, clock) })
    } catch (error) {
      sound = false
      log.error('part failed to stop', { part: name, error: describeError(error) })
    }
  }
  return sound
}

const since = (began: number, clock: Clock) => Math.round(clock.monotonicMs() - began)
