import type { Config } from '../config/schema.ts'
import { readMachine } from '../platform/machine.ts'
import { openProcFs } from '../platform/proc.ts'

/** The host that this machine is, as its own agent reports it. */
export function readServerName(config: Config): string {
  return config.agent.name ?? readMachine(openProcFs()).name
}
