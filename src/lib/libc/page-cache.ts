import { openLibc } from './open-libc.ts'

const DONTNEED = 4
/** The system keeps, and says nothing of it, what another process reads at that moment. */
const ATTEMPTS = 3

const CALLS = { posix_fadvise: { args: ['i32', 'i64', 'i64', 'i32'], returns: 'i32' } } as const

let advise: ((handle: number, at: number, length: number, advice: number) => number) | null | undefined

/**
 * Makes the system forget what it keeps in memory of a part of a file and does not have to write; a length of 0 means up to
 * the end. After a failed flush this is what lets a second one count: ext4 takes the blocks of new pages for written once it
 * has tried, though they are marked as empty on the disk, and writing the same pages again from memory, with a flush that
 * succeeds, leaves that mark. Does nothing where the system has no such call.
 */
export function dropCached(handle: number, at: number, length: number): void {
  if (advise === undefined)
    try {
      advise = openLibc(CALLS).symbols.posix_fadvise
    } catch {
      advise = null
    }
  for (let i = 0; i < ATTEMPTS; i++) {
    if (i > 0) Bun.sleepSync(1)
    advise?.(handle, at, length, DONTNEED)
  }
}
