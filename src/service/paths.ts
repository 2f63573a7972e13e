import { join } from 'node:path'

export const SERVICE_ROLES = ['server', 'collect', 'events', 'agent'] as const
export type ServiceRole = (typeof SERVICE_ROLES)[number]

export const isServiceRole = (word: string): word is ServiceRole =>
  SERVICE_ROLES.some((role) => role === word)

/**
 * Where a service has its things. The agent has places and an account apart: it need not see what the server
 * keeps.
 */
export type Places = {
  /** Of the unit, or of the Windows service. */
  readonly service: string
  readonly user: string
  readonly configFolder: string
  readonly configFile: string
  /** A copy of the passphrase that was given at the install. */
  readonly passphraseFile: string
  readonly dataRoot: string
  readonly dataDir: string
}

/** `programData` counts on Windows only: the folder of that name. */
export function describePlaces(role: ServiceRole, platform: string, programData?: string): Places {
  const side = role === 'agent' ? 'agent' : 'server'
  const isWindows = platform === 'win32'
  const root = join(programData ?? 'C:\\ProgramData', 'monitor')
  const configFolder = isWindows ? root : '/etc/monitor'
  const dataRoot = isWindows ? root : '/var/lib/monitor'
  return {
    service: `monitor-${role}`,
    user: side === 'agent' ? 'monitor-agent' : 'monitor',
    configFolder,
    configFile: join(configFolder, side === 'agent' ? 'agent.toml' : 'monitor.toml'),
    passphraseFile: join(configFolder, `${side}-passphrase`),
    dataRoot,
    dataDir: join(dataRoot, side),
  }
}

/** Roles that share account, configuration and data with this one. */
export const listSiblings = (role: ServiceRole): ServiceRole[] =>
  SERVICE_ROLES.filter((other) => other !== role && (other === 'agent') === (role === 'agent'))
