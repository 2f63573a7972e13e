import type { ServiceManager } from '../platform/service-manager.ts'
import { describePlaces, SERVICE_ROLES, type ServiceRole } from './paths.ts'

export const ROLE_FLAGS = ['--no-collect', '--no-events', '--agent'] as const

/** A role that is registered as a service of this machine. */
export type RegisteredRole = {
  readonly role: ServiceRole
  /** Account on Linux. */
  readonly user: string
  readonly flags: readonly string[]
  /** Null when the service names none. */
  readonly configFile: string | null
}

/** Flags and configuration file of a service, from the words that it is started with. */
export function readRegistration(words: readonly string[]): Pick<RegisteredRole, 'flags' | 'configFile'> {
  const at = words.indexOf('--config')
  return {
    flags: words.filter((word) => ROLE_FLAGS.some((flag) => word === flag)),
    configFile: at < 0 ? null : (words[at + 1] ?? null),
  }
}

/** In the order of `SERVICE_ROLES`; none where nothing manages services. */
export async function listRegisteredRoles(manager: ServiceManager | null): Promise<RegisteredRole[]> {
  const found: RegisteredRole[] = []
  for (const role of SERVICE_ROLES) {
    const { service, user } = describePlaces(role, process.platform, process.env.ProgramData)
    const words = (await manager?.readArguments(service)) ?? null
    if (words !== null) found.push({ role, user, ...readRegistration(words) })
  }
  return found
}

/** The role and those that run inside its process: `server --agent` is an agent too. */
export function listParts({ role, flags }: Pick<RegisteredRole, 'role' | 'flags'>): ServiceRole[] {
  if (role !== 'server') return [role]
  return [
    'server',
    ...(flags.includes('--no-collect') ? [] : (['collect'] as const)),
    ...(flags.includes('--no-events') ? [] : (['events'] as const)),
    ...(flags.includes('--agent') ? (['agent'] as const) : []),
  ]
}
