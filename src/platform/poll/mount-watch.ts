import { closeSync, constants, openSync } from 'node:fs'
import { openPoll, WANTED } from './poll.ts'

/**
 * Whether anything was mounted or unmounted since the last call; true as well at the first one, and where the kernel
 * can't be asked. The kernel reports it for the table of mounts as an exceptional condition, see proc_pid_mountinfo(5),
 * which costs a small part of reading the table. It does not report what becomes of a filesystem, such as that it
 * takes no writes any more.
 */
export type MountWatch = { hasChanged(): boolean }

/** Of all watches of a table in this process, which begin anew with each agent, there is one descriptor. */
type WatchedMounts = { readonly poll: () => boolean; changes: number }

/** By path; null where the kernel can't be asked. */
const tables = new Map<string, WatchedMounts | null>()

export function watchMounts(path: string): MountWatch {
  let seen = -1
  return {
    hasChanged() {
      if (!tables.has(path)) tables.set(path, openTable(path))
      const table = tables.get(path) ?? null
      if (table === null) return true
      if (table.poll()) table.changes++
      const hasChanged = table.changes !== seen
      seen = table.changes
      return hasChanged
    },
  }
}

/** The kernel compares with the moment of opening, and from then on with the call before. */
function openTable(path: string): WatchedMounts | null {
  let handle: number | null = null
  try {
    handle = openSync(path, constants.O_RDONLY)
    const poll = openPoll(handle, WANTED.exceptional)
    if (poll(0) < 0) throw new Error(`poll(2) refuses ${path}`)
    return { poll: () => poll(0) !== 0, changes: 0 }
  } catch {
    if (handle !== null) closeSync(handle)
    return null
  }
}
