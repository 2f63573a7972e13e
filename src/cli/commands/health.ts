import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import type { Command } from '../../roles/command.ts'
import { isServiceRole, SERVICE_ROLES } from '../../service/paths.ts'

export const health: Command = {
  name: 'health',
  doc: 'Asks a role on this machine how it is: one line, and exit code 0 when all is well',
  arguments: [
    {
      name: 'role',
      doc: 'Which part of the program; the server unless given',
      choices: SERVICE_ROLES,
      optional: true,
    },
  ],
  run: async (input) => {
    const role = input.text('role') ?? 'server'
    if (!isServiceRole(role))
      throw new CommandError(`a role is one of ${SERVICE_ROLES.join(', ')}`, EXIT.usage)
    const { checkRole } = await import('../health-check.ts')
    const { config } = input.load({ role })
    const { isSound, words } = await checkRole(role, config, systemClock.nowMs())
    input.print(`${role}: ${isSound ? 'ok' : 'FAILED'}: ${words}`)
    return isSound ? EXIT.ok : EXIT.failed
  },
}
