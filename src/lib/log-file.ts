import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

export type LogFileOptions = {
  /** A file that has grown to this size is moved aside; 8 MiB by default. */
  readonly maxBytes?: number
  /** Number of old files, `FILE.1` (the newest) and on; 4 by default. */
  readonly keep?: number
}

/**
 * Appends lines to a file that is moved aside when it grows too large. Each line is written before `write`
 * returns. A line that can't be written (the disk is full) is lost, and nothing is thrown: what logs has work
 * to do.
 */
export function openLogFile(
  file: string,
  { maxBytes = 8 * 2 ** 20, keep = 4 }: LogFileOptions = {},
): { write(line: string): void } {
  let descriptor: number | null = null
  let bytes = 0
  /** After a moving that failed the file may grow by as much again before the next attempt. */
  let limit = maxBytes

  function open(): number {
    const opened = openSync(file, 'a', 0o600)
    bytes = fstatSync(opened).size
    return opened
  }

  function moveAside() {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
    try {
      rmSync(`${file}.${keep}`, { force: true })
      for (let i = keep - 1; i >= 1; i--) renameIfThere(`${file}.${i}`, `${file}.${i + 1}`)
      renameIfThere(file, `${file}.1`)
      limit = maxBytes
    } catch {
      // Windows does not rename a file that another program has open.
      limit += maxBytes
    }
  }

  return {
    write(line) {
      try {
        descriptor ??= open()
        const text = Buffer.from(`${line}\n`)
        if (bytes > 0 && bytes + text.length > limit) {
          moveAside()
          descriptor = open()
        }
        bytes += writeSync(descriptor, text)
      } catch {
        // There is no other place to report it.
      }
    },
  }
}

function renameIfThere(from: string, to: string) {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
