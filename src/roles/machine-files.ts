import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import { openProcFs, type ProcFs } from '../platform/proc.ts'

/**
 * The files with the state of the machine: those here, or, for an agent in a container, those of the machine
 * that is mounted at `agent.host_root`. Throws `ConfigError` when no machine is mounted there, because zeros
 * or the container's own values would be taken for the machine's.
 */
export function openMachineFiles({ config, file }: LoadedConfig): ProcFs {
  const { hostRoot } = config.agent
  if (hostRoot === null) return openProcFs()
  const proc = openProcFs(hostRoot, { isHostRoot: true })
  for (const path of ['/proc/stat', '/proc/self/mountinfo', '/proc/net/dev', '/sys/class'])
    if (!proc.has(path))
      throw new ConfigError([
        {
          where: file ?? 'configuration',
          key: 'agent.host_root',
          value: hostRoot,
          expected: `expected the folder where the root of the machine is mounted (--volume /:${hostRoot}:ro,rslave): ${path} is not there`,
        },
      ])
  return proc
}
