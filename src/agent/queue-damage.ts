import { renameSync, rmSync } from 'node:fs'
import type { Log } from '../lib/log.ts'
import { QueueFile, type QueueState, UnusableQueueError } from './queue-file.ts'

/** True when the file itself is at fault, as against a disk that is full or away. */
export function isUnusable(error: unknown): boolean {
  return (
    error instanceof UnusableQueueError || /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(codeOf(error))
  )
}

/** True when there is no room, the disk fails or has become read-only: it may pass. */
export function isDiskTrouble(error: unknown): boolean {
  return /^(SQLITE_(FULL|IOERR|READONLY|NOMEM)|ENOSPC|EROFS|EIO|EDQUOT)/.test(codeOf(error))
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/**
 * Moves a damaged queue out of the way, for whoever wants to look at it; only the newest such file is kept, so that a
 * failing disk does not fill up with them. Gives its new name.
 */
export function moveQueueAside(path: string): string {
  const aside = `${path}.corrupt`
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(aside + suffix, { force: true })
    try {
      renameSync(path + suffix, aside + suffix)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return aside
}

/**
 * Opens the file; one that is unusable is moved aside and begun anew. Throws when it is in use, not a queue, or the disk
 * does not let us.
 */
export function openQueueFile(path: string, log: Log): { file: QueueFile; state: QueueState } {
  try {
    return openAndRead(path)
  } catch (error) {
    if (!isUnusable(error)) throw error
    const aside = moveQueueAside(path)
    log.error('the queue can not be used; it was moved aside and begun anew', { file: aside, reason: error })
    return openAndRead(path)
  }
}

function openAndRead(path: string): { file: QueueFile; state: QueueState } {
  const file = QueueFile.open(path)
  try {
    return { file, state: file.readState() }
  } catch (error) {
    file.close()
    throw error
  }
}
