import type { Option } from '../roles/command.ts'

export type PlainCommand = {
  readonly name: string
  readonly options?: Readonly<Record<string, Option>>
  readonly stays?: boolean
}

export type PlainArguments<C extends PlainCommand> = {
  readonly command: C
  readonly config?: string
  readonly dataDir?: string
  readonly set: readonly string[]
  readonly flags: ReadonlySet<string>
}

/**
 * The command line of a role, read without yargs, whose loading costs a long-running process some 10 MB of
 * resident memory. Null for anything that is not plainly right (help, mistakes, other commands): yargs
 * answers that.
 */
export function readPlainArguments<C extends PlainCommand>(
  words: readonly string[],
  commands: readonly C[],
): PlainArguments<C> | null {
  let command: C | undefined
  const texts: Record<string, string> = {}
  const set: string[] = []
  const flags = new Set<string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (!word.startsWith('-')) {
      if (command !== undefined) return null
      command = commands.find((candidate) => candidate.stays && candidate.name === word)
      if (command === undefined) return null
      continue
    }
    const [, name, joined] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? []
    if (name === undefined) return null
    if (name === 'config' || name === 'data-dir' || name === 'set') {
      const value = joined ?? words[++i]
      if (value === undefined || value === '' || (joined === undefined && value.startsWith('-'))) return null
      if (name === 'set') set.push(value)
      else if (texts[name] !== undefined) return null
      else texts[name] = value
    } else if (joined === undefined) flags.add(name)
    else return null
  }
  if (command === undefined) return null
  for (const flag of flags) if (command.options?.[flag]?.kind !== 'flag') return null
  const { config, 'data-dir': dataDir } = texts
  return {
    command,
    set,
    flags,
    ...(config !== undefined && { config }),
    ...(dataDir !== undefined && { dataDir }),
  }
}
