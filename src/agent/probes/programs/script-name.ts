/** How the command line of an interpreter is read up to its script. */
type Grammar = {
  /** Letters that may stand together behind one hyphen; without them, an option is a word of its own. */
  readonly letters?: {
    /** A value follows, in the same word or as the next one. */
    readonly values?: string
    /** Program text or standard input take the place of a script. */
    readonly programs?: string
    /** The name of a module follows. */
    readonly modules?: string
    /** The rest of the word, if there is any, is the value. */
    readonly endings?: string
  }
  /** Options whose value is the next word. */
  readonly values?: readonly string[]
  /** Options that are followed by program text. */
  readonly programs?: readonly string[]
  /** Options that are followed by the jar or module. */
  readonly modules?: readonly string[]
  /** Commands that stand before the script. */
  readonly commands?: readonly string[]
}

const PYTHON: Grammar = {
  letters: { values: 'WX', programs: 'c', modules: 'm' },
  values: ['--check-hash-based-pycs'],
}
const SHELL: Grammar = { letters: { values: 'oO', programs: 'cs' }, values: ['--rcfile', '--init-file'] }
const NODE: Grammar = {
  values:
    '-r --require --import --loader --experimental-loader -C --conditions --env-file --title --inspect-port'.split(
      ' ',
    ),
  programs: ['-e', '-p', '-pe', '--eval', '--print'],
}
const JAVA: Grammar = {
  values: (
    '-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --limit-modules ' +
    '--add-opens --add-exports --add-reads --patch-module --enable-native-access --source'
  ).split(' '),
  modules: ['-jar', '-m', '--module'],
}

const GRAMMARS = new Map<string, Grammar>(
  Object.entries({
    python: PYTHON,
    pypy: PYTHON,
    perl: { letters: { values: 'I', programs: 'eE', endings: 'MmiFCDdxV' } },
    ruby: { letters: { values: 'IrCE', programs: 'e', endings: 'iFKWxT' } },
    node: NODE,
    nodejs: NODE,
    bun: {
      values: ['-r', '--preload', '--cwd', '--config', '--env-file'],
      programs: ['-e', '-p', '--eval', '--print'],
      commands: ['run', 'exec'],
    },
    deno: {
      values: ['-c', '--config', '--import-map', '--lock', '--cert', '--location', '--seed', '--env-file'],
      commands: ['run', 'serve'],
    },
    php: { letters: { values: 'dczSt', programs: 'rBRE' } },
    lua: { letters: { values: 'el' } },
    tclsh: {},
    wish: {},
    Rscript: { programs: ['-e'] },
    bash: SHELL,
    dash: SHELL,
    sh: SHELL,
    ksh: SHELL,
    zsh: SHELL,
    java: JAVA,
    mono: { values: ['--config'] },
    dotnet: {
      values:
        '--depsfile --runtimeconfig --additionalprobingpath --additional-deps --fx-version --roll-forward'.split(
          ' ',
        ),
      commands: ['exec'],
    },
  }),
)

/** The words of a command line that are looked at; the classpath of Java may be as long as it likes. */
const MAX_WORDS = 64

/**
 * The script, jar, module or main class that an interpreter runs: `x.py` of `python3 /opt/x.py`, `x.jar` of
 * `java -jar x.jar`, `x` of `python3 -m x`. Interpreters go by the last part of their path; versions as
 * `python3.12` belong to them. Null when the program is not an interpreter, or runs text from its command line.
 */
export function findScriptName(program: string, commandLine: string): string | null {
  const grammar = GRAMMARS.get(program.replace(/[\d.]+$/, ''))
  if (grammar === undefined) return null
  const { letters, values = [], programs = [], modules = [], commands = [] } = grammar
  const words = commandLine.split('\0', MAX_WORDS)
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? ''
    const next = words[i + 1] ?? ''
    if (word === '--') return lastPart(next)
    if (word === '-' || programs.includes(word)) return null
    if (modules.includes(word)) return lastPart(next)
    if (values.includes(word)) i++
    else if (letters !== undefined && /^[-+][^-+]/.test(word)) {
      const found = readLetters(word.slice(1), letters)
      if (found === 'program') return null
      if (found === 'value') i++
      else if (found !== null) return lastPart(found.module || next)
    } else if (!word.startsWith('-') && !commands.includes(word)) return lastPart(word)
  }
  return null
}

/** Null where nothing of the words behind belongs to these options. */
function readLetters(
  word: string,
  { values = '', programs = '', modules = '', endings = '' }: NonNullable<Grammar['letters']>,
): 'program' | 'value' | { readonly module: string } | null {
  for (const [i, letter] of [...word].entries()) {
    const rest = word.slice(i + 1)
    if (programs.includes(letter)) return 'program'
    if (modules.includes(letter)) return { module: rest }
    if (values.includes(letter)) return rest === '' ? 'value' : null
    if (endings.includes(letter)) return null
  }
  return null
}

function lastPart(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name === '' ? null : name
}
