import { existsSync } from 'node:fs'
import { systemClock } from '../lib/clock.ts'
import type { ServiceManager } from '../platform/service-manager.ts'
import { describePlaces } from './paths.ts'
import { runProgram } from './run-program.ts'
import { writeServiceWord } from './service-argument.ts'

/** The manager of this machine's services; null where there is none that we know. */
export async function openServiceManager(): Promise<ServiceManager | null> {
  if (process.platform === 'win32') return openWindows()
  if (process.platform !== 'linux') return null
  const { isSystemdBooted, openSystemd } = await import('../platform/systemd/systemd.ts')
  // While an image is built, it does not run and registers services all the same.
  if (!isSystemdBooted() && !(existsSync('/etc/systemd/system') && Bun.which('systemctl') !== null))
    return null
  return openSystemd({ run: (...words) => runProgram(['systemctl', ...words]) })
}

async function openWindows(): Promise<ServiceManager> {
  const root = describePlaces('agent', 'win32', process.env.ProgramData).configFolder
  const { openWindowsServiceManager } = await import('../platform/win32/service-control.ts')
  const manager = openWindowsServiceManager({ clock: systemClock, root })
  return {
    ...manager,
    install: (spec) => {
      const word = writeServiceWord({ name: spec.name, folder: spec.dataDir })
      return manager.install({ ...spec, arguments: [...spec.arguments, word] })
    },
  }
}
