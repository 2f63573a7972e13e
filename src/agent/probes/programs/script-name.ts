/** Programs that run a script, by the last part of their path; versions as `python3.12` belong to them. */
const INTERPRETER =
  /^(python|pypy|perl|ruby|node|nodejs|bun|deno|php|lua|tclsh|wish|Rscript|bash|dash|sh|ksh|zsh|java|mono|dotnet)[\d.]*$/

/** Options whose value is a word of its own, by the name of the interpreter without its version. */
const WITH_VALUE: Readonly<Record<string, readonly string[]>> = {
  python: ['-W', '-X', '--check-hash-based-pycs'],
  pypy: ['-W', '-X'],
  perl: ['-I'],
  ruby: ['-I', '-r', '-C', '-E'],
  node: ['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions'],
  nodejs: ['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions'],
  bun: ['-r', '--preload', '--cwd', '--config', '--env-file'],
  php: ['-d', '-c', '-z'],
  bash: ['--rcfile', '--init-file', '-O', '-o'],
  java: ['-cp', '-classpath', '--class-path', '-p', '--module-path', '--add-modules', '--add-opens'],
}

/** Options that are followed by program text: then there is no script. */
const WITH_PROGRAM = new Set(['-c', '-e', '-E', '-p', '-r', '--eval', '--print'])

/** Words between an interpreter and its script. */
const WORDS = new Set(['run', 'exec'])

/** The words of a command line that are looked at; the classpath of Java may be as long as it likes. */
const MAX_WORDS = 64

/**
 * The script, jar, module or main class that an interpreter runs: `x.py` of `python3 /opt/x.py`, `x.jar` of
 * `java -jar x.jar`, `x` of `python3 -m x`. Null when the program is not an interpreter, or runs text from
 * its command line.
 */
export function findScriptName(program: string, commandLine: string): string | null {
  const interpreter = INTERPRETER.exec(program)?.[1]
  if (interpreter === undefined) return null
  const words = commandLine.split('\0', MAX_WORDS)
  const withValue = WITH_VALUE[interpreter] ?? []
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? ''
    if (word === '-jar' || word === '-m' || word === '--module') return lastPart(words[i + 1] ?? '')
    if (withValue.includes(word)) i++
    else if (WITH_PROGRAM.has(word)) return null
    else if (word === '--') return lastPart(words[i + 1] ?? '')
    else if (!word.startsWith('-') && !((interpreter === 'deno' || interpreter === 'bun') && WORDS.has(word)))
      return lastPart(word)
  }
  return null
}

function lastPart(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name === '' ? null : name
}
