import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A user by numbers, with every group that it is in. */
export type ReadingUser = { readonly uid: number; readonly gids: readonly number[] }

const READ = 4
const SEARCH = 1

/**
 * The reason why a user can't read a file or list a folder, by owner, group and rights (access control lists
 * are not read): the file itself, or the first folder on the way that it may not pass. Null when there is
 * none. Throws when there is no such file.
 */
export function findObstacle(file: string, reader: ReadingUser): string | null {
  const real = realpathSync(file)
  const folders: string[] = []
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    folders.unshift(folder)
    if (folder === dirname(folder)) break
  }
  const closed = folders.find((folder) => !may(folder, reader, SEARCH))
  if (closed !== undefined) return closed
  return may(real, reader, READ) ? null : real
}

function may(file: string, { uid, gids }: ReadingUser, right: number): boolean {
  if (uid === 0) return true
  const found = statSync(file)
  const shift = found.uid === uid ? 6 : gids.includes(found.gid) ? 3 : 0
  return ((found.mode >> shift) & right) === right
}
