import { existsSync } from 'node:fs'
import type { ServiceManager } from '../platform/service-manager.ts'
import { runProgram } from './run-program.ts'

/** The manager of this machine's services; null where there is none that we know. */
export async function openServiceManager(): Promise<ServiceManager | null> {
  if (process.platform !== 'linux') return null
  const { isSystemdBooted, openSystemd } = await import('../platform/systemd.ts')
  // In the making of an image it does not run and registers services all the same.
  if (!isSystemdBooted() && !(existsSync('/etc/systemd/system') && Bun.which('systemctl') !== null))
    return null
  return openSystemd({ run: (...words) => runProgram(['systemctl', ...words]) })
}
