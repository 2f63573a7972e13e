import { EXIT } from '../../lib/exit-codes.ts'
import { FULL_VERSION, VERSION } from '../../lib/version.ts'
import type { Command, CommandInput } from '../../roles/command.ts'
import { complete, type NameSource, SHELLS, writeCompletion } from '../completion.ts'
import { withStore } from '../with-store.ts'

/** Names offered at most. */
const MOST_NAMES = 200

const version: Command = {
  name: 'version',
  doc: 'Shows the version and the commit it was built from',
  options: { json: { kind: 'flag', doc: 'As JSON' } },
  run: async (input) => {
    const [, commit = null] = /\((.+)\)$/.exec(FULL_VERSION) ?? []
    const system = `${process.platform}-${process.arch}`
    input.print(input.flag('json') ? JSON.stringify({ version: VERSION, commit, system }) : FULL_VERSION)
    return EXIT.ok
  },
}

const completion: Command = {
  name: 'completion',
  doc: 'Prints a completion script for commands, hosts, rules and users: source <(monitor completion bash)',
  arguments: [{ name: 'shell', doc: 'Shell; default: bash', choices: SHELLS, optional: true }],
  options: {
    line: { kind: 'text', doc: 'For the scripts: print the words that may stand where this line ends' },
  },
  run: async (input) => {
    const line = input.text('line')
    if (line === null) {
      const shell = SHELLS.find((one) => one === input.text('shell')) ?? 'bash'
      input.print(writeCompletion(shell))
      return EXIT.ok
    }
    const words = await complete(line, {
      commands: await input.listCommands(),
      // Completion of a half-written line must not print errors: without the database there are no names.
      listNames: (source) => listNames(input, source).catch(() => []),
    })
    if (words.length > 0) input.print(words.join('\n'))
    return EXIT.ok
  },
}

async function listNames(input: CommandInput, source: NameSource): Promise<string[]> {
  const names: string[] = []
  const take = (found: readonly { readonly name: string }[]) => names.push(...found.map(({ name }) => name))
  await withStore(input, async (store) => {
    if (source === 'host') take((await store.hosts.list({ upSince: 0, limit: MOST_NAMES })).hosts)
    else if (source === 'rule') take(await store.rules.list())
    else if (source === 'target') take(await store.targets.list())
    else if (source === 'window') take(await store.maintenanceWindows.list())
    else take(await store.users.list())
    return EXIT.ok
  })
  return names.slice(0, MOST_NAMES)
}

const man: Command = {
  name: 'man',
  doc: 'Prints the manual page: monitor man | man -l -',
  run: async (input) => {
    const { writeManPage } = await import('../man-page.ts')
    input.print(
      writeManPage(await input.listCommands(), VERSION, new Date().toISOString().slice(0, 10)).trimEnd(),
    )
    return EXIT.ok
  },
}

export const PROGRAM_COMMANDS: readonly Command[] = [version, completion, man]
