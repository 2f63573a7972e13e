import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

const MAX_BYTES = 1024 * 1024

/**
 * The text of a file that somebody else writes, and when they did. Rejects for anything but a regular file of at most
 * 1 MiB: a device may have no end, and opening a pipe in place of a file does not wait for its other end.
 */
export async function readBoundedFile(path: string): Promise<{ text: string; writtenMs: number }> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const { size, mtimeMs } = await file.stat().then((found) => {
      if (!found.isFile()) throw new Error('it is no regular file')
      return found
    })
    if (size > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`)
    const buffer = Buffer.alloc(size)
    const { bytesRead } = await file.read(buffer, 0, size, 0)
    const after = await file.stat()
    if (bytesRead !== size || after.size !== size || after.mtimeMs !== mtimeMs)
      throw new Error('it was being written while it was read')
    return { text: buffer.toString('utf8', 0, bytesRead), writtenMs: mtimeMs }
  } finally {
    await file.close()
  }
}
