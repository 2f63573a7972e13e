import { join } from 'node:path'
import { createLog, type Log, type LogOptions } from '../../lib/log.ts'
import { openLogFile } from '../../lib/log-file.ts'
import { openEventLog } from '../../platform/win32/event-log.ts'
import type { WindowsServiceArgument } from '../service-argument.ts'

type LogSettings = Pick<LogOptions, 'level' | 'format'>

/**
 * The log of a Windows service, whose standard error leads nowhere: a file in its folder, and errors in
 * Windows' event log besides.
 */
export function openServiceLog({ name, folder }: WindowsServiceArgument, settings: LogSettings): Log {
  const { write } = openLogFile(join(folder, `${name}.log`))
  const log = createLog({ ...settings, write })
  const events = openEventLog(name)
  const errors = createLog({ level: 'error', format: 'text', write: events.reportError })
  return {
    ...log,
    error(message, fields) {
      log.error(message, fields)
      errors.error(message, fields)
    },
  }
}
