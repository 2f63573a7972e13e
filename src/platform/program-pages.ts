import { readFileSync } from 'node:fs'
import { openLibc } from './libc.ts'

/** From asm-generic/mman-common.h. */
const MADV_DONTNEED = 4

/**
 * Gives back the pages of the program's own code, of which the start needs more than ever after: what is
 * still needed comes back from the kernel's cache when it is next run. Only code is touched, which is never
 * written to. Returns the bytes that were mapped; throws where the system refuses.
 */
export function releaseProgramCode(program: string): number {
  const ranges = findCode(readFileSync('/proc/self/maps', 'utf8'), program)
  const { symbols, close } = openLibc({ madvise: { args: ['u64', 'u64', 'i32'], returns: 'i32' } })
  let bytes = 0
  for (const { start, length } of ranges) {
    if (symbols.madvise(start, length, MADV_DONTNEED) !== 0)
      throw new Error('madvise refuses to give back program code')
    bytes += Number(length)
  }
  close()
  return bytes
}

/** Executable, read-only mappings of a file, of the text of proc_pid_maps(5). */
export function findCode(maps: string, file: string): { start: bigint; length: bigint }[] {
  return maps.split('\n').flatMap((line) => {
    const [, from, to, mapped] = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \d+ +(\/.*)$/.exec(line) ?? []
    if (mapped !== file) return []
    const start = BigInt(`0x${from}`)
    return [{ start, length: BigInt(`0x${to}`) - start }]
  })
}
