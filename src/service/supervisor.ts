import { fstatSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { createLog, describeError, type Log, type LogFormat, type LogLevel } from '../lib/log.ts'
import type { Supervisor } from '../platform/supervisor-notifications.ts'
import { findServiceWord } from './service-argument.ts'

const READY = 'READY=1'
/** systemd may be too busy to take it. */
const READY_AGAIN_MS = 1000

/** Signs of life for each time that systemd waits for one. */
const SIGNS = 3

/**
 * Text goes to systemd's journal in its own form, when that is where standard error leads: JOURNAL_STREAM in
 * systemd.exec(5).
 */
export function chooseFormat(wanted: LogFormat): LogFormat {
  const stream = process.env.JOURNAL_STREAM
  if (wanted !== 'text' || stream === undefined) return wanted
  const { dev, ino } = fstatSync(2)
  return stream === `${dev}:${ino}` ? 'journal' : wanted
}

/** The level is asked for at each line: it may change while the role runs. */
export type RoleLogSettings = Pick<Config['log'], 'format'> & { readonly level: () => LogLevel }

/** The log of a role, in the form that its supervisor reads best. */
export async function openRoleLog(settings: RoleLogSettings): Promise<Log> {
  const service = findOwnService()
  if (service === null) return createLog({ ...settings, format: chooseFormat(settings.format) })
  const { openServiceLog } = await import('./windows/log.ts')
  return openServiceLog(service, settings)
}

/**
 * Where standard error is not read: logs to the service's log, and reports to the service manager the code
 * that this process will end with.
 */
export async function reportFailure(words: readonly string[], exitCode: number): Promise<void> {
  const service = findOwnService()
  if (service === null) return
  const { openServiceLog } = await import('./windows/log.ts')
  const log = openServiceLog(service, { level: () => 'error', format: 'text' })
  for (const line of words) log.error(line)
  const { superviseByWindows } = await import('./windows/supervise.ts')
  try {
    const supervisor = await superviseByWindows(service.name, () => {})
    await supervisor.stopped(exitCode)
  } catch (error) {
    // The role was already reported as ready to the service manager.
    log.debug('the service manager could not be notified', { error: describeError(error) })
  }
}

/** Null when this process is not a Windows service. */
const findOwnService = () => (process.platform === 'win32' ? findServiceWord(process.argv) : null)

/** Whether a service manager started this process, and not a person. */
export const isService = () =>
  findOwnService() !== null || (process.platform === 'linux' && Boolean(process.env.NOTIFY_SOCKET))

/**
 * The supervisor that started this process and expects notifications; null when a person started it. `stop`
 * is called when it wants the role to end.
 */
export async function findSupervisor(
  clock: Clock,
  log: Log,
  stop: (reason: string) => void,
): Promise<Supervisor | null> {
  const service = findOwnService()
  if (service !== null) {
    const { superviseByWindows } = await import('./windows/supervise.ts')
    return superviseByWindows(service.name, stop)
  }
  const { NOTIFY_SOCKET: address, WATCHDOG_USEC, WATCHDOG_PID } = process.env
  if (process.platform !== 'linux' || address === undefined || address === '') return null
  const isForUs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  const watchdogMs = isForUs ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0
  try {
    const { openNotifySocket } = await import('../platform/systemd/systemd-notify.ts')
    return superviseBySystemd(openNotifySocket(address), watchdogMs, clock, log)
  } catch (error) {
    log.warn("can't tell systemd how this service does", { error: describeError(error) })
    return null
  }
}

/**
 * Notifications for systemd, sd_notify(3). After `ready`, watchdog notifications follow while the event loop
 * turns; a service that hangs sends none and is restarted.
 */
export function superviseBySystemd(
  send: (text: string) => void,
  watchdogMs: number,
  clock: Clock,
  log: Log,
): Supervisor {
  let isNotified = false

  function tell(text: string) {
    try {
      send(text)
      isNotified = false
    } catch (error) {
      if (!isNotified) log.warn('systemd could not be notified', { error: describeError(error) })
      isNotified = true
      // The others are repeated, or make no difference; without this one the start counts as failed.
      if (text === READY) clock.after(READY_AGAIN_MS, () => tell(text))
    }
  }

  function keepAlive() {
    tell('WATCHDOG=1')
    clock.after(watchdogMs / SIGNS, keepAlive)
  }

  return {
    ready() {
      tell(READY)
      if (watchdogMs > 0) keepAlive()
    },
    stopping: () => tell('STOPPING=1'),
    stopped: async () => {},
  }
}
