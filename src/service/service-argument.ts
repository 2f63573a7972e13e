/**
 * An argument that only Windows services have: the service's name, and the folder of its log. The service
 * manager passes neither to the program that it starts.
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
