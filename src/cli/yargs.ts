import yargs, { type Argv } from 'yargs'
import { findNearest } from '../config/fields/key.ts'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { FULL_VERSION } from '../lib/version.ts'
import type { Command, GivenValues } from '../roles/command.ts'
import { COMMANDS, GROUPS } from './commands/index.ts'

type RunCommand = (command: Command, values: GivenValues) => Promise<number>

const GLOBALS = 'For every command:'
const GLOBAL_NAMES = ['config', 'data-dir', 'set', 'help', 'version']

/**
 * Reads any command line, with help, completion and words for mistakes. Throws `CommandError` for the latter.
 */
export async function parseWithYargs(words: readonly string[], run: RunCommand): Promise<number> {
  let code: number = EXIT.ok
  const perform = async (command: Command, values: GivenValues) => {
    code = await run(command, values)
  }
  const parser = yargs([...words])
    .scriptName('monitor')
    // The texts are ours alone: no locale files are looked for, which a compiled program does not have.
    .detectLocale(false)
    .parserConfiguration({ 'boolean-negation': false, 'camel-case-expansion': false, 'parse-numbers': false })
    .usage('$0 <command>\n\nServer monitoring in one executable.')
    .option('config', { type: 'string', requiresArg: true, group: GLOBALS, desc: 'Configuration file' })
    .option('data-dir', {
      type: 'string',
      requiresArg: true,
      group: GLOBALS,
      desc: 'Data directory',
    })
    .option('set', {
      type: 'string',
      array: true,
      nargs: 1,
      group: GLOBALS,
      desc: 'A setting, section.key=value; may be repeated',
    })
    .version(FULL_VERSION)
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], GLOBALS)
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .strict()
    .check((given) => {
      const twice = Object.keys(given).find(
        (name) => Array.isArray(given[name]) && !['_', 'set'].includes(name),
      )
      if (twice !== undefined) throw new CommandError(`--${twice} is given more than once`, EXIT.usage)
      return true
    })
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // Errors of a command pass through here as well; the caller handles them.
      if (error !== undefined && error.name !== 'YError') throw error
      throw new CommandError(describeProblem(message ?? error?.message ?? null, words), EXIT.usage)
    })
  for (const command of COMMANDS.filter(({ name }) => !name.includes(' ')))
    addCommand(parser, command, perform)
  for (const group of GROUPS)
    parser.command(group.name, group.doc, (inner) => {
      for (const command of group.commands) addCommand(inner, command, perform)
      return inner
        .usage(`$0 ${group.name} <command>\n\n${group.doc}`)
        .demandCommand(1, 'a command is missing')
    })
  await parser.demandCommand(1, 'a command is missing').parseAsync()
  return code
}

function addCommand(
  parser: Argv,
  command: Command,
  run: (command: Command, values: GivenValues) => Promise<void>,
) {
  const { arguments: args = [], options = {} } = command
  const word = command.name.split(' ').at(-1) ?? ''
  const places = args.map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`))
  const usage = [word, ...places].join(' ')
  parser.command(
    usage,
    command.doc,
    (inner) => {
      inner.usage(`$0 ${[command.name, ...places].join(' ')}\n\n${command.doc}`)
      for (const { name, doc, choices } of args)
        inner.positional(name, { type: 'string', desc: doc, ...(choices && { choices }) })
      for (const [name, { kind, doc, needed, choices }] of Object.entries(options))
        inner.option(name, {
          desc: doc,
          ...(kind === 'flag' ? { type: 'boolean' } : { type: 'string', requiresArg: true }),
          ...(needed && { demandOption: true }),
          ...(choices && { choices }),
        })
      return inner
    },
    (values) => run(command, values),
  )
}

/** The parser's words with the known word that was probably meant, and where to read more. */
function describeProblem(message: string | null, words: readonly string[]): string {
  const text = message ?? 'this command line is wrong'
  const group = GROUPS.find(({ name }) => name === words[0])
  const command = COMMANDS.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
  const known = [
    // Behind a whole command no other one can follow.
    ...(command === undefined ? (group?.commands ?? COMMANDS) : []).map(
      ({ name }) => name.split(' ').at(group ? 1 : 0) ?? '',
    ),
    ...Object.keys(command?.options ?? {}),
    ...GLOBAL_NAMES,
  ]
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(text)?.[1]
  const nearest = unknown === undefined ? null : findNearest(unknown, known)
  const meant = nearest === null ? '' : `; did you mean ${nearest}?`
  const place = [command?.name ?? group?.name]
    .flatMap((name) => (name === undefined ? [] : `${name} `))
    .join('')
  return `${inOurWords(text, command)}${meant} (monitor ${place}--help tells all)`
}

/** The parser's own messages count arguments; people need to know what to add or change. */
function inOurWords(text: string, command: Command | undefined): string {
  const got = /^Not enough non-option arguments: got (\d+)/.exec(text)?.[1]
  if (got !== undefined && command !== undefined) {
    const missing = (command.arguments ?? []).filter(({ optional }) => !optional).slice(Number(got))
    return `missing: ${missing.map(({ name }) => name.toUpperCase()).join(' and ')}`
  }
  const needed = /^Missing required arguments?: (.+)$/.exec(text)?.[1]
  if (needed !== undefined)
    return `missing: ${needed
      .split(', ')
      .map((name) => `--${name}`)
      .join(' and ')}`
  const follows = /^Not enough arguments following: (.+)$/.exec(text)?.[1]
  if (follows !== undefined) return `--${follows} takes a value`
  const [, name, given = '', choices = ''] =
    /Argument: ([^,]+), Given: (.*), Choices: (.*)$/m.exec(text) ?? []
  if (name !== undefined) {
    const known = choices.split(', ').map((word) => word.replaceAll('"', ''))
    const nearest = findNearest(given.replaceAll('"', ''), known)
    return `${name}: expected one of ${known.join(', ')}, got ${given}${nearest === null ? '' : `; did you mean ${nearest}?`}`
  }
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
