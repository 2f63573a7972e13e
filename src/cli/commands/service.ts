import { resolve } from 'node:path'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { IS_COMPILED } from '../../lib/version.ts'
import {
  type Argument,
  type Command,
  type CommandGroup,
  type CommandInput,
  needText,
} from '../../roles/command.ts'
import type { ServiceContext, ServiceVerb } from '../../service/install.ts'
import { describePlaces, isServiceRole, SERVICE_ROLES } from '../../service/paths.ts'

const ROLE: Argument = { name: 'role', doc: 'Role', choices: SERVICE_ROLES }

/** Flags of `monitor server` that its service may have. */
const SERVER_FLAGS = ['no-collect', 'no-events', 'agent'] as const

export const service: CommandGroup = {
  name: 'service',
  doc: 'Registers roles with systemd or with the Windows service manager',
  commands: [
    {
      name: 'service install',
      doc: 'Creates account, directories and configuration where missing, and registers the service',
      arguments: [ROLE],
      options: {
        server: {
          kind: 'text',
          doc: "Collect engine to send to, host:port; for a new agent's configuration",
        },
        fingerprint: {
          kind: 'text',
          doc: "Fingerprint of the server's certificate; for a new agent's configuration",
        },
        'passphrase-file': { kind: 'text', doc: 'File with the passphrase; copied for a new configuration' },
        'no-collect': { kind: 'flag', doc: 'Server: run the collect engine as a separate service' },
        'no-events': { kind: 'flag', doc: 'Server: run the event engine as a separate service' },
        agent: { kind: 'flag', doc: 'Server: also monitor this machine' },
        check: { kind: 'flag', doc: 'Only check these options and the configuration; changes nothing' },
        'reset-flags': {
          kind: 'flag',
          doc: 'Discard the flags the service was installed with; default: keep them',
        },
      },
      run: install,
    },
    {
      name: 'service uninstall',
      doc: 'Stops a service and removes it; configuration and data stay',
      arguments: [ROLE],
      options: { purge: { kind: 'flag', doc: 'Remove configuration, data and account as well' } },
      run: async (input) => {
        const { uninstallService } = await import('../../service/install.ts')
        return uninstallService(await open(input), input.flag('purge'))
      },
    },
    drive('start', 'Starts a service and waits until it is ready'),
    drive('stop', 'Stops a service'),
    drive('restart', 'Stops a service and starts it again'),
    drive(
      'reload',
      'Has a service take up what can change while it runs; its log says what did, and what needs a restart',
    ),
    {
      name: 'service status',
      doc: 'Shows the status of a service; exit code 0 if it runs, 3 if it does not, 4 if it is not installed',
      arguments: [ROLE],
      run: async (input) => {
        const { printStatus } = await import('../../service/install.ts')
        return printStatus(await open(input))
      },
    },
  ],
}

function drive(verb: ServiceVerb, doc: string): Command {
  return {
    name: `service ${verb}`,
    doc,
    arguments: [ROLE],
    run: async (input) => {
      needAdministrator()
      const { driveService } = await import('../../service/install.ts')
      return driveService(await open(input), verb)
    },
  }
}

async function install(input: CommandInput): Promise<number> {
  const { installService } = await import('../../service/install.ts')
  const context = await open(input)
  needAdministrator()
  const flags = SERVER_FLAGS.filter((flag) => input.flag(flag))
  if (flags.length > 0 && context.role !== 'server')
    throw new CommandError(`--${flags[0]} is for the role "server" only`, EXIT.usage)
  for (const option of ['data-dir', 'set'])
    if (input.text(option) !== null)
      throw new CommandError(
        `a service takes its settings from its configuration file, not from --${option}`,
        EXIT.usage,
      )
  if (!IS_COMPILED) throw new CommandError('only the compiled program can be a service: npm run build')
  const config = input.text('config')
  return installService(context, {
    config: config === null ? null : resolve(config),
    server: input.text('server'),
    fingerprint: input.text('fingerprint'),
    passphraseFile: input.text('passphrase-file'),
    flags: flags.map((flag) => `--${flag}`),
    forgetsFlags: input.flag('reset-flags'),
    onlyChecks: input.flag('check'),
    program: process.execPath,
  })
}

async function open(input: CommandInput): Promise<ServiceContext> {
  const role = needText(input, 'role')
  if (!isServiceRole(role)) throw new CommandError(`a role is one of ${SERVICE_ROLES.join(', ')}`, EXIT.usage)
  const { openServiceManager } = await import('../../service/open-manager.ts')
  const { LINUX_FILES, WINDOWS_FILES } = await import('../../service/files.ts')
  const { findEnrolledServer } = await import('../../roles/setup/enrolled-server.ts')
  const { findPassphrase } = await import('../../roles/setup/first-start.ts')
  return {
    role,
    places: describePlaces(role, process.platform, process.env.ProgramData),
    manager: await openServiceManager(),
    files: process.platform === 'win32' ? WINDOWS_FILES : LINUX_FILES,
    load: (file) => input.load({ file }),
    hasPassphrase: (dataDir) => findPassphrase(dataDir) !== null,
    isEnrolled: (dataDir) => findEnrolledServer(dataDir) !== null,
    print: input.print,
  }
}

/** On Windows its service manager refuses by itself. */
function needAdministrator() {
  if (process.platform !== 'win32' && process.getuid?.() !== 0)
    throw new CommandError('services are for root to change: try it with sudo')
}
