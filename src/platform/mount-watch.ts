import { closeSync, constants, openSync } from 'node:fs'
import { openLibc } from './libc.ts'

const SIGNATURES = { poll: { args: ['ptr', 'i32', 'i32'], returns: 'i32' } } as const

/** struct pollfd of poll(2): 4 bytes descriptor, 2 wanted, 2 found. */
const POLLFD_BYTES = 8
const POLLPRI = 2

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
        ask = openPoll(path)
      } catch {
        hasFailed = true
      }
      return true
    },
  }
}

/** The kernel compares with the moment of opening, and from then on with the call before. */
function openPoll(path: string): () => boolean {
  const { symbols } = openLibc(SIGNATURES)
  const handle = openSync(path, constants.O_RDONLY)
  const entry = new Uint8Array(POLLFD_BYTES)
  const view = new DataView(entry.buffer)
  view.setInt32(0, handle, true)
  view.setInt16(4, POLLPRI, true)
  try {
    if (symbols.poll(entry, 1, 0) < 0) throw new Error(`poll(2) refuses ${path}`)
  } catch (error) {
    closeSync(handle)
    throw error
  }
  return () => symbols.poll(entry, 1, 0) !== 0
}
