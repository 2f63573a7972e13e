import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/**
 * Names the account that could replace the content of a file, as a sentence; null when only root and `uid`,
 * the user that the agent runs as, could. Links are followed, and each folder above the file counts.
 */
export async function findForeignWriter(file: string, uid: number): Promise<string | null> {
  let path = await realpath(file)
  if (path !== file) {
    const onWay = await findWriterOf(dirname(file), uid, true)
    if (onWay !== null) return onWay
  }
  for (let isFolder = false; ; isFolder = true) {
    const found = await findWriterOf(path, uid, isFolder)
    if (found !== null) return found
    const above = dirname(path)
    if (above === path) return null
    path = above
  }
}

async function findWriterOf(path: string, uid: number, isFolder: boolean): Promise<string | null> {
  const { mode, uid: owner, gid } = await stat(path)
  if (owner !== 0 && owner !== uid) return `${path} belongs to another user (${owner})`
  // In a folder such as /tmp a user can't replace the files of others.
  if (isFolder && (mode & STICKY) !== 0) return null
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return `${path} is writable by others`
  if ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== 0) return `${path} is writable by its group (${gid})`
  return null
}
