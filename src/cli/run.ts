import { existsSync, readFileSync } from 'node:fs'
import { ConfigError, describeProblem } from '../config/config-error.ts'
import { type ConfigArguments, loadConfig } from '../config/load.ts'
import { findShownSecrets } from '../config/print.ts'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { createLog, describeError } from '../lib/log.ts'
import type { Command, CommandInput, GivenValues } from '../roles/command.ts'
import { isLean } from '../roles/memory-tuning.ts'
import { needDataDir } from '../service/data-dir.ts'
import { dropServiceWord } from '../service/service-argument.ts'
import { isService, reportFailure } from '../service/supervisor.ts'
import { roles } from './commands/role.ts'
import { readPlainArguments } from './fast-arguments.ts'

/** Runs the command line; resolves with the exit code. Problems are printed on standard error. */
export async function runCommandLine(given: readonly string[]): Promise<number> {
  const words = dropServiceWord(given)
  try {
    const plain = readPlainArguments(words, roles)
    if (plain === null) {
      const { parseWithYargs } = await import('./yargs.ts')
      return await parseWithYargs(words, runCommand)
    }
    const { command, config, dataDir, set, flags } = plain
    const values = {
      ...Object.fromEntries([...flags].map((flag) => [flag, true])),
      config,
      'data-dir': dataDir,
      set,
    }
    return await runCommand(command, values)
  } catch (error) {
    if (error instanceof ConfigError) {
      const lines = error.problems.map(describeProblem)
      const isJson = (error.logFormat ?? ended.logFormat) === 'json' && ended.stays
      for (const line of lines) (isJson ? logAsJson : console.error)(line)
      await reportFailure(lines, EXIT.config)
      return EXIT.config
    }
    const code = findExitCode(error)
    if (code === EXIT.usage && !ended.stays) guessLogFormat(words)
    if (ended.stays && ended.logFormat === 'json') logAsJson(describeError(error))
    else console.error(`monitor: ${describeError(error)}`)
    await reportFailure([describeError(error)], code)
    return code
  }
}

/**
 * A database server that does not take us, or whose certificate we don't take, is a matter of the configuration,
 * whichever command finds it out.
 */
function findExitCode(error: unknown): number {
  if (error instanceof CommandError) return error.code
  return error instanceof Error && error.name === 'DatabaseRefusedError' ? EXIT.config : EXIT.failed
}

/** The context of a command that failed. */
const ended: { stays: boolean; logFormat: string | null } = { stays: false, logFormat: null }

/** For a role whose command line is wrong: its log is still read by a machine. */
function guessLogFormat(words: readonly string[]) {
  if (!roles.some(({ name }) => name === words[0])) return
  const following = (option: string) =>
    words.flatMap((word, i) => {
      if (word === option) return words[i + 1] ?? []
      return word.startsWith(`${option}=`) ? word.slice(option.length + 1) : []
    })
  ended.stays = true
  try {
    const [config] = following('--config')
    ended.logFormat = loadConfig(
      { config, role: words[0], set: following('--set') },
      MACHINE,
    ).config.log.format
  } catch (error) {
    ended.logFormat = error instanceof ConfigError ? error.logFormat : null
  }
}

const logAsJson = (line: string) => createLog({ level: 'error', format: 'json' }).error(line)

function runCommand(command: Command, values: GivenValues): Promise<number> {
  const text = (name: string) => (values[name] === undefined ? null : String(values[name]))
  const args: ConfigArguments = {
    config: text('config') ?? undefined,
    dataDir: text('data-dir') ?? undefined,
    set: Array.isArray(values.set) ? values.set.map(String) : [],
  }
  // The restarted program has already printed it.
  if (!isLean()) for (const problem of findShownSecrets(args.set ?? [])) console.error(`monitor: ${problem}`)
  const input: CommandInput = {
    flag: (option) => values[option] === true,
    text,
    load({ file, role } = {}) {
      const loaded = loadConfig({ ...args, config: file ?? args.config, role }, MACHINE)
      ended.logFormat = loaded.config.log.format
      if (command.stays) needDataDir(loaded, isService(), MACHINE.cwd)
      return loaded
    },
    print: (line) => console.log(line),
    warn: (line) => console.error(`monitor: warning: ${line}`),
    listCommands,
  }
  ended.stays = command.stays === true
  return command.run(input)
}

/** An agent would keep the other commands in memory for ever. */
const listCommands = async () => (await import('./commands/index.ts')).COMMANDS

const MACHINE = {
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
  // Decoded leniently, a secret in another encoding would become another secret, without an error that
  // explains it.
  readText: (file: string) => new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)),
  isThere: existsSync,
}
