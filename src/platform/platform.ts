import type { ProcFs } from './proc.ts'
import type { Win32 } from './win32.ts'

/** The system that the agent reads; chosen once, in roles/agent.ts. */
export type Platform =
  | { readonly system: 'linux'; readonly proc: ProcFs }
  | { readonly system: 'windows'; readonly win32: Win32 }
