import type { Command } from '../roles/command.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** Asks the program itself, so that the script knows what this version knows, and hosts, rules and users too. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for monitor
_monitor() {
  local line=\${COMP_LINE:0:COMP_POINT} word
  # bash breaks words at @ and the like, and puts in only what stands behind.
  local typed=\${line##* }
  local before=\${typed%"$2"}
  COMPREPLY=()
  while IFS= read -r word; do
    case $2 in
      [\\'\\"]*) ;;
      *) printf -v word %q "$word" ;;
    esac
    COMPREPLY+=("\${word#"$before"}")
  done < <(monitor completion --line "$line" 2>/dev/null)
  # Without an answer files are offered.
}
complete -o default -o nosort -F _monitor monitor 2>/dev/null || complete -o default -F _monitor monitor`,
  zsh: `#compdef monitor
_monitor() {
  local -a found
  found=(\${(f)"$(monitor completion --line "\${LBUFFER}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
# In a folder of completions this file is the function itself, called for the first time.
if [ "$funcstack[1]" = _monitor ]; then _monitor "$@"; else compdef _monitor monitor; fi`,
  fish: `# fish completion for monitor
function __monitor_words
  monitor completion --line (commandline -cp) 2>/dev/null
end
complete -c monitor -f -a '(__monitor_words)'
# Without an answer files are offered.
complete -c monitor -n 'test (count (__monitor_words)) -eq 0' -F`,
}

export const writeCompletion = (shell: Shell): string => SCRIPTS[shell]

/** The kinds of names that arguments and options take, and where they come from. */
export type NameSource = 'host' | 'rule' | 'target' | 'window' | 'user'

export type Candidates = {
  readonly commands: readonly Command[]
  /** Names of this kind; none when they can't be had. */
  readonly listNames: (source: NameSource) => Promise<readonly string[]>
}

const GLOBALS = ['--config', '--data-dir', '--set', '--help']

/** The words that may stand where the line ends; the last word of it may be half written. */
export async function complete(line: string, { commands, listNames }: Candidates): Promise<string[]> {
  const words = splitWords(line)
  const typed = words.at(-1) ?? ''
  const before = words.slice(1, -1)
  const found = await listCandidates(before, typed, commands, listNames)
  return [...new Set(found)].filter((word) => word.startsWith(typed) && word !== '')
}

/** The words of a line as a shell reads them, without quotes and backslashes; the last one is empty behind a blank. */
export function splitWords(line: string): string[] {
  const words = ['']
  let quote = ''
  let isEscaped = false
  const take = (character: string) => words.push((words.pop() ?? '') + character)
  for (const character of line.trimStart()) {
    if (isEscaped) {
      take(character)
      isEscaped = false
    } else if (character === '\\' && quote !== "'") isEscaped = true
    else if (quote !== '') {
      if (character === quote) quote = ''
      else take(character)
    } else if (character === '"' || character === "'") quote = character
    else if (!/\s/.test(character)) take(character)
    else if (words.at(-1) !== '') words.push('')
  }
  return words
}

async function listCandidates(
  before: readonly string[],
  typed: string,
  commands: readonly Command[],
  listNames: Candidates['listNames'],
): Promise<readonly string[]> {
  const command = findCommand(before, commands)
  if (command === null) {
    const held = before.filter((word) => !word.startsWith('-'))
    return listWords(held, commands)
  }
  const { options = {}, arguments: places = [] } = command
  const previous = before.at(-1) ?? ''
  const option = previous.startsWith('--') ? options[previous.slice(2)] : undefined
  if (option?.kind === 'text')
    return option.choices ?? (await namesOf(previous.slice(2), command.name, listNames))
  if (['--config', '--data-dir', '--set'].includes(previous)) return []
  if (typed.startsWith('-')) return [...Object.keys(options).map((name) => `--${name}`), ...GLOBALS]
  const given = before.slice(command.name.split(' ').length).filter((word, i, all) => {
    const held = options[(all[i - 1] ?? '').slice(2)]
    return !word.startsWith('-') && held?.kind !== 'text'
  })
  const place = places[given.length]
  if (place === undefined) return Object.keys(options).map((name) => `--${name}`)
  return place.choices ?? namesOf(place.name, command.name, listNames)
}

function findCommand(words: readonly string[], commands: readonly Command[]): Command | null {
  return (
    commands.find(({ name }) => {
      const own = name.split(' ')
      return own.every((word, i) => words[i] === word)
    }) ?? null
  )
}

/** First words, or second ones behind the first word of a group. */
function listWords(held: readonly string[], commands: readonly Command[]): string[] {
  return commands.flatMap(({ name }) => {
    const own = name.split(' ')
    return held.every((word, i) => own[i] === word) ? [own[held.length] ?? ''] : []
  })
}

const SOURCES: readonly NameSource[] = ['host', 'rule', 'target', 'window', 'user']

function namesOf(
  place: string,
  command: string,
  listNames: Candidates['listNames'],
): Promise<readonly string[]> {
  const own = SOURCES.find((source) => source === place)
  if (own !== undefined) return listNames(own)
  // `host rename NAME`, `user delete NAME`: the group decides the kind of the name. A new name is not
  // completed.
  const group = SOURCES.find((source) => source === command.split(' ')[0])
  const isNew = / (add|create)$/.test(command)
  return place === 'name' && group !== undefined && !isNew ? listNames(group) : Promise.resolve([])
}
