import { findLastingCalls } from '../../lib/libc/open-libc.ts'

/** struct pollfd of poll(2): 4 bytes descriptor, 2 wanted, 2 found. */
const POLLFD_BYTES = 8

/** `POLLIN` and `POLLPRI` of poll(2). */
export const WANTED = { input: 1, exceptional: 2 } as const

/**
 * Waits for one descriptor, this many milliseconds at most: 1 when what is wanted has happened, 0 when the time is
 * over, -1 when a signal came or the kernel refuses. Throws where the C library can't be loaded.
 */
export function openPoll(handle: number, wanted: number): (ms: number) => number {
  const { poll } = findLastingCalls()
  const entry = new Uint8Array(POLLFD_BYTES)
  const view = new DataView(entry.buffer)
  view.setInt32(0, handle, true)
  view.setInt16(4, wanted, true)
  return (ms) => poll(entry, 1, Math.ceil(ms))
}
