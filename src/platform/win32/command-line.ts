import type { ServiceSpec } from '../service-manager.ts'

/**
 * Always with quotes around the program: a path with a blank in it would otherwise have Windows try
 * `C:\Program.exe` first.
 */
export function writeCommandLine({ program, arguments: words }: Pick<ServiceSpec, 'program' | 'arguments'>) {
  return [`"${program}"`, ...words.map(quoteWord)].join(' ')
}

/** As CommandLineToArgvW takes it apart: backslashes count double in front of a quote, and at the end. */
function quoteWord(word: string): string {
  if (word !== '' && !/[\s"]/.test(word)) return word
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

/** The words of a command line by the rules of CommandLineToArgvW; the first one is the program. */
export function splitCommandLine(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let isQuoted = false
  for (let i = 0; i < line.length; i++) {
    const slashes = /^\\*/.exec(line.slice(i))?.[0].length ?? 0
    const after = line[i + slashes]
    if (slashes > 0) {
      word = (word ?? '') + '\\'.repeat(after === '"' ? Math.floor(slashes / 2) : slashes)
      i += slashes - 1
      if (after === '"' && slashes % 2 === 1) {
        word += '"'
        i++
      }
    } else if (after === '"') {
      isQuoted = !isQuoted
      word ??= ''
    } else if (after === ' ' && !isQuoted) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + after
  }
  return word === null ? words : [...words, word]
}
