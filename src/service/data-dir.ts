import { ConfigError, type ConfigProblem } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'

export const DATA_DIR_KEY = 'data_dir'

/**
 * The default is relative to the current folder. That of a service is the root of the file system or that of
 * Windows itself, where it may not write, and where nobody would look.
 */
export function describeMissingDataDir(where: string, example: string): ConfigProblem {
  return {
    where,
    key: DATA_DIR_KEY,
    expected: `expected the folder of all that a service keeps, such as ${example}`,
  }
}

/**
 * Throws `ConfigError` when a service would keep its things wherever it happens to run. `folder` is the
 * current one.
 */
export function needDataDir({ origins, file }: LoadedConfig, isService: boolean, folder: string): void {
  const isWindows = process.platform === 'win32'
  // A unit of another program may set a folder on purpose.
  if (!isService || origins.get(DATA_DIR_KEY) !== 'default' || (!isWindows && folder !== '/')) return
  const example = isWindows ? 'C:\\ProgramData\\monitor\\agent' : '/var/lib/monitor/agent'
  throw new ConfigError([describeMissingDataDir(file ?? 'configuration', example)])
}
