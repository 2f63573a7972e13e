import type { Config } from '../../config/schema.ts'
import { readShortName } from '../../platform/machine.ts'

/** The host that this machine is, as its own agent reports it. */
export function readServerName(config: Config): string {
  return config.agent.name ?? readShortName()
}
