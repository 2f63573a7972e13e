/**
 * What stands on the command line of a Windows service, and on no other: its name, and the folder it writes
 * its log to. The service manager says neither to the program that it starts.
 */
const WORD = '--windows-service='

export type WindowsServiceArgument = { readonly name: string; readonly folder: string }

export function writeServiceWord({ name, folder }: WindowsServiceArgument): string {
  return `${WORD}${name},${folder}`
}

/** Null when a person started us. */
export function findServiceWord(words: readonly string[]): WindowsServiceArgument | null {
  const found = words.find((word) => word.startsWith(WORD))
  const [, name, folder] = /^([^,]+),(.+)$/.exec(found?.slice(WORD.length) ?? '') ?? []
  return name === undefined || folder === undefined ? null : { name, folder }
}

/** The words that people may give too. */
export const dropServiceWord = (words: readonly string[]) => words.filter((word) => !word.startsWith(WORD))
