import type { LoadedConfig } from '../config/load.ts'

export type Option = {
  readonly kind: 'flag' | 'text'
  readonly doc: string
  readonly needed?: boolean
  readonly choices?: readonly string[]
}

export type Argument = {
  readonly name: string
  readonly doc: string
  readonly choices?: readonly string[]
  readonly optional?: boolean
}

/** Values by the names of options and arguments, as they stand on the command line. */
export type GivenValues = Readonly<Record<string, unknown>>

/** The command line, and the outside world for a command. */
export type CommandInput = {
  readonly flag: (option: string) => boolean
  /** Of an option or an argument; null when it was not given. */
  readonly text: (name: string) => string | null
  /**
   * Throws `ConfigError` when anything in the configuration is wrong. `file` is in place of the one that was
   * asked for; a role may have a file of its own, which comes before that of all.
   */
  readonly load: (choice?: { readonly file?: string; readonly role?: string }) => LoadedConfig
  /** One line, or several, on standard output. */
  readonly print: (text: string) => void
  /** One line on standard error, about something that was done and will not work as it is. */
  readonly warn: (text: string) => void
  /** All commands, for help and completions; a running role does not need them. */
  readonly listCommands: () => Promise<readonly Command[]>
}

/** One command: a file declares a few of them, `commands/index.ts` lists the files. */
export type Command = {
  /** One word, or the word of its group and one more: `server`, `user add`. */
  readonly name: string
  readonly doc: string
  readonly arguments?: readonly Argument[]
  readonly options?: Readonly<Record<string, Option>>
  /** It runs until it is stopped, so its memory is tuned. */
  readonly stays?: boolean
  /** Resolves with the exit code. Code that only this command needs is imported inside. */
  readonly run: (input: CommandInput) => Promise<number>
}

/** Commands that share their first word. */
export type CommandGroup = {
  readonly name: string
  readonly doc: string
  readonly commands: readonly Command[]
}

/** An argument's value after the check of its choices; for arguments that are required. */
export function needText(input: CommandInput, name: string): string {
  const value = input.text(name)
  if (value === null) throw new Error(`the command line lacks ${name}`)
  return value
}
