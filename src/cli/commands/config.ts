import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { printConfig } from '../../config/print.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { describeFileError } from '../../lib/log.ts'
import { type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'

export const config: CommandGroup = {
  name: 'config',
  doc: 'Shows the configuration',
  commands: [
    {
      name: 'config check',
      doc:
        'Reads the configuration of every role that is registered here, or that of --config, and ' +
        'lists every mistake; exit code 78 when there is one',
      run: check,
    },
    {
      name: 'config print',
      doc: 'Prints every setting and its source; secrets are hidden',
      run: async (input) => {
        input.print(printConfig(input.load()))
        return EXIT.ok
      },
    },
    {
      name: 'config import-original',
      doc: 'Converts a settings.ini of the original product; settings without an equivalent become comments',
      arguments: [{ name: 'file', doc: 'settings.ini of the server, or of an agent with --agent' }],
      options: { agent: { kind: 'flag', doc: 'The file belongs to an agent' } },
      run: importOriginal,
    },
  ],
}

async function importOriginal(input: CommandInput): Promise<number> {
  const { convertAgentSettings } = await import('../../config/original/agent-settings.ts')
  const { convertServerSettings } = await import('../../config/original/server-settings.ts')
  const file = needText(input, 'file')
  const convert = input.flag('agent') ? convertAgentSettings : convertServerSettings
  try {
    input.print(convert(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new CommandError(`${file}: ${describeFileError(error)}`)
  }
  return EXIT.ok
}

/** An administrator also sees which files the account of a service can't read. */
async function check(input: CommandInput): Promise<number> {
  const { checkConfigs, groupByFile } = await import('../config-check.ts')
  const { openServiceManager } = await import('../../service/open-manager.ts')
  const { listRegisteredRoles } = await import('../../service/registered.ts')
  const { findAccount, listGroups } = await import('../../service/systemd/account.ts')
  const given = input.text('config')
  const file = given === null ? null : resolve(given)
  const registered = await listRegisteredRoles(await openServiceManager())
  const asked = registered.filter(({ configFile }) => configFile === file)
  const uses = file === null ? groupByFile(registered) : [{ file, roles: asked }]
  await checkConfigs(uses.length === 0 ? [{ file: null, roles: [] }] : uses, {
    load: (name) => input.load(name === null ? {} : { file: name }),
    print: input.print,
    async findReader(user) {
      if (process.platform !== 'linux' || process.getuid?.() !== 0) return null
      const account = await findAccount(user)
      return account === null ? null : { uid: account.uid, gids: await listGroups(user) }
    },
  })
  return EXIT.ok
}
