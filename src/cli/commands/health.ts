import { basename } from 'node:path'
import type { LoadedConfig } from '../../config/load.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { describeError } from '../../lib/log.ts'
import type { Command, CommandInput } from '../../roles/command.ts'
import { isServiceRole, SERVICE_ROLES, type ServiceRole } from '../../service/paths.ts'

/** One role to ask, and how its configuration is found. */
type Question = { readonly role: ServiceRole; readonly load: () => LoadedConfig }

export const health: Command = {
  name: 'health',
  doc: 'Checks the health of a role on this machine, or of all that are registered here: one line each, exit code 0 when all are healthy',
  arguments: [
    {
      name: 'role',
      doc: 'Role to check; default: all roles registered as services here; in a container the one that runs; otherwise the server',
      choices: SERVICE_ROLES,
      optional: true,
    },
  ],
  run: async (input) => {
    const { checkRole } = await import('../health-check.ts')
    let isSound = true
    for (const { role, load } of await listQuestions(input)) {
      const found = await ask(() => checkRole(role, load().config, systemClock.nowMs()))
      isSound &&= found.isSound
      input.print(`${role}: ${found.isSound ? 'ok' : 'FAILED'}: ${found.words}`)
    }
    return isSound ? EXIT.ok : EXIT.failed
  },
}

/** The configuration of one role may be wrong while the others are well: each has a line of its own. */
async function ask(check: () => Promise<{ isSound: boolean; words: string }>) {
  try {
    return await check()
  } catch (error) {
    return { isSound: false, words: describeError(error) }
  }
}

async function listQuestions(input: CommandInput): Promise<Question[]> {
  const asked = input.text('role')
  if (asked !== null) {
    if (!isServiceRole(asked))
      throw new CommandError(`a role is one of ${SERVICE_ROLES.join(', ')}`, EXIT.usage)
    const loaded = input.load({ role: asked })
    return [{ role: asked, load: () => loaded }]
  }
  const named = input.text('config') !== null || input.text('data-dir') !== null
  const registered = named ? [] : await listRegistered()
  if (registered.length === 0) {
    const loaded = input.load({ role: 'server' })
    const first = await readFirstProcess()
    if (first === null) return [{ role: 'server', load: () => loaded }]
    return first.map((role) => ({ role, load: () => input.load({ role }) }))
  }
  const { listParts } = await import('../../service/registered.ts')
  const parts = registered.flatMap((one) =>
    listParts(one).map((role) => ({ role, configFile: one.configFile })),
  )
  // Two services that run the same part by the same file would be asked the same.
  const different = new Map(parts.map((part) => [`${part.role} ${part.configFile}`, part]))
  return [...different.values()].map(({ role, configFile }) => ({
    role,
    load: () => input.load({ role, ...(configFile !== null && { file: configFile }) }),
  }))
}

/**
 * The roles that run here where this very program is the first process, as in a container; null where it is
 * not.
 */
async function readFirstProcess(): Promise<ServiceRole[] | null> {
  const { openProcFs, readTextOrNothing } = await import('../../platform/proc.ts')
  const { listParts, readRegistration } = await import('../../service/registered.ts')
  const [program = '', ...words] = readTextOrNothing(openProcFs(), '/proc/1/cmdline').split('\0')
  const role = words.find(isServiceRole)
  if (basename(program) !== basename(process.execPath) || role === undefined) return null
  return listParts({ role, ...readRegistration(words) })
}

async function listRegistered() {
  const { openServiceManager } = await import('../../service/open-manager.ts')
  const { listRegisteredRoles } = await import('../../service/registered.ts')
  return listRegisteredRoles(await openServiceManager())
}
