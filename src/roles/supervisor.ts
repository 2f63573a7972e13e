import { fstatSync } from 'node:fs'
import type { Clock } from '../lib/clock.ts'
import { describeError, type Log, type LogFormat } from '../lib/log.ts'
import type { Supervisor } from '../platform/supervisor.ts'
import { findServiceWord } from './service-word.ts'

/** Signs of life for each time that systemd waits for one. */
const SIGNS = 3

/** Text goes to systemd's journal in its own form, when that is where standard error leads: JOURNAL_STREAM in systemd.exec(5). */
export function chooseFormat(wanted: LogFormat): LogFormat {
  const stream = process.env.JOURNAL_STREAM
  if (wanted !== 'text' || stream === undefined) return wanted
  const { dev, ino } = fstatSync(2)
  return stream === `${dev}:${ino}` ? 'journal' : wanted
}

/** Who started this process and wants to hear of it; null when it is a person. `stop` is called when it wants the role to end. */
export async function findSupervisor(
  clock: Clock,
  log: Log,
  stop: (reason: string) => void,
): Promise<Supervisor | null> {
  const service = process.platform === 'win32' ? findServiceWord(process.argv) : null
  if (service !== null) {
    const { superviseByWindows } = await import('./windows-service.ts')
    return superviseByWindows(service.name, stop)
  }
  const { NOTIFY_SOCKET: address, WATCHDOG_USEC, WATCHDOG_PID } = process.env
  if (process.platform !== 'linux' || address === undefined || address === '') return null
  const isForUs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  const watchdogMs = isForUs ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0
  try {
    const { openNotifySocket } = await import('../platform/systemd-notify.ts')
    return superviseBySystemd(openNotifySocket(address), watchdogMs, clock, log)
  } catch (error) {
    log.warn("can't tell systemd how this service does", { error: describeError(error) })
    return null
  }
}

/**
 * Word for systemd, sd_notify(3). From `ready` on signs of life follow each other for as long as the event loop turns; a service that
 * hangs gives none and is started anew.
 */
export function superviseBySystemd(
  send: (text: string) => void,
  watchdogMs: number,
  clock: Clock,
  log: Log,
): Supervisor {
  let isTold = false

  function tell(text: string) {
    try {
      send(text)
      isTold = false
    } catch (error) {
      if (!isTold) log.warn('systemd does not hear this service', { error: describeError(error) })
      isTold = true
    }
  }

  function keepAlive() {
    tell('WATCHDOG=1')
    clock.after(watchdogMs / SIGNS, keepAlive)
  }

  return {
    ready() {
      tell('READY=1')
      if (watchdogMs > 0) keepAlive()
    },
    stopping: () => tell('STOPPING=1'),
    stopped: async () => {},
  }
}
