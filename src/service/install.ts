import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { ConfigError, type ConfigProblem } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import type { ServiceManager, ServiceSpec, ServiceState } from '../platform/service-manager.ts'
import { checkOptions, type ServiceOptions } from './config.ts'
import { DATA_DIR_KEY, describeMissingDataDir } from './data-dir.ts'
import { type Files, prepareFiles, purgeFiles } from './files.ts'
import { listSiblings, type Places, type ServiceRole } from './paths.ts'
import { readRegistration } from './registered.ts'

/** Texts and paths of one service, and what a command may do with them. */
export type ServiceContext = {
  readonly role: ServiceRole
  readonly places: Places
  /** Null where nothing manages services; then a role is started by hand. */
  readonly manager: ServiceManager | null
  readonly files: Files
  /** The configuration of a file. */
  readonly load: (file: string) => LoadedConfig
  /** Whether the data folder holds a passphrase that the agent would take. */
  readonly hasPassphrase: (dataDir: string) => boolean
  /** Whether the data folder shows that the agent was enrolled by a code. */
  readonly isEnrolled: (dataDir: string) => boolean
  readonly print: (text: string) => void
}

export type InstallOptions = ServiceOptions & {
  /** Null takes the usual place. */
  readonly config: string | null
  /**
   * Flags of the role: `--no-collect` and the like. Those that the service has already are kept beside them.
   */
  readonly flags: readonly string[]
  /** The service forgets the flags that it had. */
  readonly forgetsFlags: boolean
  /** Nothing is changed: options and a configuration that is there are looked at alone. */
  readonly onlyChecks?: boolean
  /** Absolute path of this executable. */
  readonly program: string
}

const TITLES: Readonly<Record<ServiceRole, readonly [string, string]>> = {
  server: ['Monitor: server', 'Website, collect engine and event engine of the monitoring server.'],
  collect: ['Monitor: collect engine', 'Takes what agents send.'],
  events: ['Monitor: event engine', 'Watches hosts and sends notifications.'],
  agent: ['Monitor: agent', 'Watches this machine and reports to the monitoring server.'],
}

/** Below these a service can't see its program, or anybody may put another one there. */
const UNFIT_FOLDERS = ['/home/', '/root/', '/tmp/', '/var/tmp/']

/**
 * Makes account, folders and configuration as far as they are missing, and registers the service; it is not
 * started.
 */
export async function installService(context: ServiceContext, options: InstallOptions): Promise<number> {
  const { role, places, manager, files, load, print } = context
  const { program } = options
  checkOptions(role, options)
  if (options.onlyChecks) {
    const file = options.config ?? places.configFile
    if (existsSync(file)) load(file)
    return EXIT.ok
  }
  if (files.platform !== 'win32' && UNFIT_FOLDERS.some((folder) => program.startsWith(folder)))
    throw new CommandError(
      `a service can't run from ${dirname(program)}: put the program to /usr/local/bin/monitor first`,
    )
  const before = readRegistration((await manager?.readArguments(places.service)) ?? [])
  const flags = [...new Set([...(options.forgetsFlags ? [] : before.flags), ...options.flags])]
  const kept = flags.filter((flag) => !options.flags.includes(flag))
  if (kept.length > 0) print(`Kept the flags of the service: ${kept.join(' ')}`)
  const configFile = options.config ?? before.configFile ?? places.configFile
  await prepareFiles(context, { ...places, configFile }, options)
  const { config, origins } = load(configFile)
  if (origins.get(DATA_DIR_KEY) === 'default')
    throw new ConfigError([describeMissingDataDir(configFile, places.dataDir)])
  await files.ownDataDir(config.dataDir, places)
  const spec = describeService(role, places, config, { program, flags, configFile })
  const byHand = `  ${files.describeStart(places.user, [program, ...spec.arguments])}`
  if (manager === null) {
    print('Nothing manages services here (no systemd), so nothing was registered. To start it by hand:')
    print(byHand)
    return EXIT.ok
  }
  await manager.install(spec)
  print(`Registered ${spec.name} with ${manager.title}; it starts with the machine.`)
  const problems = findWants(context, config, configFile)
  if (problems.length === 0 && manager.isAtWork) print(`To start it now: monitor service start ${role}`)
  else if (problems.length === 0) {
    print(`But ${manager.title} does not run this machine now. To start it by hand:`)
    print(byHand)
  } else {
    print(`Before it can start, ${configFile} needs:`)
    for (const { key, expected } of problems) print(`  ${key}: ${expected}`)
  }
  return EXIT.ok
}

/**
 * The service is stopped and forgotten; `purge` also removes configuration, data and account when no other
 * service has a part in them.
 */
export async function uninstallService(context: ServiceContext, purge: boolean): Promise<number> {
  const { role, places, manager, files, print } = context
  if (manager !== null) {
    const { state } = await manager.status(places.service)
    await manager.uninstall(places.service)
    print(
      state === 'not installed'
        ? `${places.service} was not registered.`
        : `Stopped ${places.service} and removed it from ${manager.title}.`,
    )
  }
  if (!purge) {
    print(`Configuration and data stay: ${places.configFile}, ${places.dataDir}`)
    return EXIT.ok
  }
  const others = await findInstalled(manager, listSiblings(role), places)
  if (others.length > 0) print(`Configuration and data stay, because others use them: ${others.join(', ')}`)
  else await purgeFiles(places, files, print)
  return EXIT.ok
}

async function findInstalled(manager: ServiceManager | null, roles: readonly ServiceRole[], places: Places) {
  const names = roles.map((role) => places.service.replace(/[a-z]+$/, role))
  const found: string[] = []
  for (const name of names)
    if (manager !== null && (await manager.status(name)).state !== 'not installed') found.push(name)
  return found
}

export type ServiceVerb = 'start' | 'stop' | 'restart' | 'reload'

/** Throws `ConfigError` rather than start what would end at once. */
export async function driveService(context: ServiceContext, verb: ServiceVerb): Promise<number> {
  const { places, load, print } = context
  const manager = needManager(context)
  // Where it is not there the service has one elsewhere, which it will judge itself.
  if (verb !== 'stop' && existsSync(places.configFile)) {
    const problems = findWants(context, load(places.configFile).config, places.configFile)
    if (problems.length > 0) throw new ConfigError(problems)
  }
  await manager[verb](places.service)
  print(`${places.service}: ${(await manager.status(places.service)).state}`)
  return EXIT.ok
}

/** As for init scripts: 0 runs, 3 does not, 4 is not there. */
const STATUS_CODES: Partial<Record<ServiceState, number>> = { running: EXIT.ok, 'not installed': 4 }

/** One line. */
export async function printStatus(context: ServiceContext): Promise<number> {
  const { places, print } = context
  const { state, pid, starts, detail } = await needManager(context).status(places.service)
  const parts = [state, pid === null ? '' : `process ${pid}`, starts ? 'starts with the machine' : '', detail]
  print(`${places.service}: ${parts.filter(Boolean).join(', ')}`)
  return STATUS_CODES[state] ?? 3
}

function needManager({ manager, files, role }: ServiceContext): ServiceManager {
  if (manager === null)
    throw new CommandError(
      `nothing manages services here (no ${files.platform === 'win32' ? 'service manager' : 'systemd'}); run it by hand: monitor ${role}`,
    )
  return manager
}

/** Settings without which the role can't start at all. */
function findWants(
  { role, hasPassphrase, isEnrolled }: ServiceContext,
  config: Config,
  where: string,
): ConfigProblem[] {
  if (role !== 'agent' || isEnrolled(config.dataDir)) return []
  const wants: ConfigProblem[] = []
  if (config.agent.server.length === 0)
    wants.push({ where, key: 'agent.server', expected: 'expected at least one "host:port" to send to' })
  if (config.agent.passphrase === null && !hasPassphrase(config.dataDir))
    wants.push({ where, key: 'agent.passphrase', expected: "expected the server's passphrase" })
  return wants
}

/** The definition of a role's service for the service manager, under this configuration. */
export function describeService(
  role: ServiceRole,
  places: Places,
  config: Config,
  { program, flags, configFile }: Pick<InstallOptions, 'program' | 'flags'> & { configFile: string },
): ServiceSpec {
  const [title, doc] = TITLES[role]
  const watchesMachine = role === 'agent' || flags.includes('--agent')
  return {
    name: places.service,
    title,
    doc,
    program,
    arguments: [role, ...flags, '--config', configFile],
    user: places.user,
    dataDir: config.dataDir,
    writableFolders: role === 'agent' ? [] : listDatabaseFolders(config),
    secretFiles: [configFile, places.passphraseFile],
    watchesMachine,
    watchesContainers: watchesMachine && config.agent.containers,
    bindsLowPort: listPorts(role, config, flags).some((port) => port > 0 && port < 1024),
  }
}

/** The folder of the database when it lies outside the data folder. */
function listDatabaseFolders({ dataDir, database }: Config): string[] {
  const file = /^sqlite:([^?#]+)$/.exec(database.url)?.[1]
  if (file === undefined) return []
  const folder = dirname(isAbsolute(file) ? file : join(dataDir, file))
  const way = relative(dataDir, folder)
  return way.startsWith('..') || isAbsolute(way) ? [folder] : []
}

function listPorts(role: ServiceRole, { web, collect }: Config, flags: readonly string[]): number[] {
  const ofWeb = role === 'server' ? [web.port, ...(web.tls ? [web.tlsPort] : [])] : []
  const collects = role === 'collect' || (role === 'server' && !flags.includes('--no-collect'))
  const ofCollect = collects ? [collect.port, collect.tlsPort] : []
  return [...ofWeb, ...ofCollect].filter((port) => port !== 'off')
}
