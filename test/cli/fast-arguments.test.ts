import { describe, expect, test } from 'bun:test'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { readPlainArguments } from '../../src/cli/fast-arguments.ts'
import { parseWithYargs } from '../../src/cli/yargs.ts'
import type { Command, GivenValues } from '../../src/roles/command.ts'

/** What yargs makes of the same words. */
async function readWithYargs(words: readonly string[]) {
  const ran: { command: Command; values: GivenValues }[] = []
  await parseWithYargs(words, async (command, values) => {
    ran.push({ command, values })
    return 0
  })
  const [only] = ran
  if (only === undefined || ran.length > 1) throw new Error(`${ran.length} commands ran`)
  return only
}

describe('the plain reading of a role agrees with that of yargs', () => {
  const lines = [
    'server',
    'server --agent',
    'server --no-collect --no-events --agent',
    'agent --once',
    'collect --config /etc/m.toml',
    'events --config=/etc/m.toml --data-dir=/var/lib/m',
    'agent --set agent.server=a:1 --set agent.interval=1s --data-dir /d',
    '--data-dir /d agent --set=log.level=debug',
    'collect --set collect.passphrase=a=b',
  ]
  test.each(lines)('%s', async (line) => {
    const words = line.split(' ')
    const plain = readPlainArguments(words, COMMANDS)
    const { command, values } = await readWithYargs(words)
    expect(plain?.command).toBe(command)
    expect({
      config: plain?.config,
      dataDir: plain?.dataDir,
      set: plain?.set,
      flags: [...(plain?.flags ?? [])].sort(),
    }).toEqual({
      config: values.config as string | undefined,
      dataDir: values['data-dir'] as string | undefined,
      set: (values.set as string[] | undefined) ?? [],
      flags: Object.keys(command.options ?? {})
        .filter((name) => values[name] === true)
        .sort(),
    })
  })
})

describe('everything else is left to yargs', () => {
  const lines = [
    '',
    'serve',
    'user list',
    'config print',
    'agent --help',
    'agent -h',
    '--version',
    'agent --twice',
    'agent --once=true',
    'agent extra',
    'collect --agent',
    'collect --config',
    'collect --config --set',
    'collect --config a --config b',
    'completion',
  ]
  test.each(lines)('%j', (line) => expect(readPlainArguments(line.split(' '), COMMANDS)).toBeNull())
})
