import { closeSync, constants, openSync } from 'node:fs'
import { openPoll, WANTED } from './poll.ts'

/**
 * Whether anything was mounted or unmounted since the last call; true as well at the first one, and where the kernel
 * can't be asked. The kernel reports it for the table of mounts as an exceptional condition, see proc_pid_mountinfo(5),
 * which costs a small part of reading the table. It does not report what becomes of a filesystem, such as that it
 * takes no writes any more.
 */
export type MountWatch = { hasChanged(): boolean }

export function watchMounts(path: string): MountWatch {
  let ask: (() => boolean) | null = null
  let hasFailed = false
  return {
    hasChanged() {
      if (ask !== null) return ask()
      if (hasFailed) return true
      try {
        ask = openTable(path)
      } catch {
        hasFailed = true
      }
      return true
    },
  }
}

/** The kernel compares with the moment of opening, and from then on with the call before. */
function openTable(path: string): () => boolean {
  const handle = openSync(path, constants.O_RDONLY)
  try {
    const poll = openPoll(handle, WANTED.exceptional)
    if (poll(0) < 0) throw new Error(`poll(2) refuses ${path}`)
    return () => poll(0) !== 0
  } catch (error) {
    closeSync(handle)
    throw error
  }
}
