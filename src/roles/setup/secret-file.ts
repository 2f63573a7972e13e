import { linkSync, readFileSync, rmSync } from 'node:fs'
import { writePrivateFile } from '../../platform/private-files.ts'

/**
 * The text of a file without white space around it; null when there is no such file. Throws when it is empty
 * or can't be read.
 */
export function readSecretFile(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim()
    if (text === '') throw new Error(`${file} is empty: remove it, and it is made again`)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The text of a file, made with new content when it is not there. */
export function keepFile(file: string, create: () => string): string {
  return readSecretFile(file) ?? placeFile(file, create())
}

/**
 * Makes a file for its owner alone, unless it has appeared meanwhile; the text that it has then. It appears
 * at once with all its content, under its name only if there is none yet: so of two processes the later one
 * reads what the earlier one wrote.
 */
export function placeFile(file: string, text: string): string {
  const draft = `${file}.${process.pid}.${crypto.randomUUID()}`
  try {
    writePrivateFile(draft, `${text.trim()}\n`)
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const made = readSecretFile(file)
  if (made === null) throw new Error(`${file} went away while it was made`)
  return made
}
