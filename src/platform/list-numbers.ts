import { closeSync, constants, openSync, readdirSync } from 'node:fs'
import { openLibc } from '../lib/libc/open-libc.ts'

const SIGNATURES = { syscall: { args: ['i32', 'i32', 'ptr', 'u64'], returns: 'i32' } } as const

/** By the processor of this build; asked by number, because older C libraries have no function for it. */
const SYS_GETDENTS64 = process.arch === 'arm64' ? 61 : 217

/** struct linux_dirent64: 8 bytes inode, 8 place, 2 length of the entry, 1 type, then the name up to a zero. */
const AT = { length: 16, name: 19 } as const
/** Some thousand entries; more come by further calls. */
const BUFFER = 128 * 1024
const [ZERO, NINE] = [48, 57]

let libc: ReturnType<typeof openLibc<typeof SIGNATURES>> | null = null
let buffer: Uint8Array | null = null

/**
 * Entries of a folder whose name is a whole number, as /proc has its processes, in the folder's order. It makes
 * no text of the names, which of 20,000 would cost more than all else that is done with them. Empty when the folder
 * is not there.
 */
export function listNumbers(folder: string): number[] {
  let handle: number
  try {
    handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return []
  }
  try {
    libc ??= openLibc(SIGNATURES)
    buffer ??= new Uint8Array(BUFFER)
    const numbers: number[] = []
    for (;;) {
      const bytes = libc.symbols.syscall(SYS_GETDENTS64, handle, buffer, BigInt(buffer.length))
      if (bytes === 0) return numbers
      // A sandbox may refuse the call.
      if (bytes < 0)
        return readdirSync(folder)
          .filter((name) => /^\d+$/.test(name))
          .map(Number)
      takeNumbers(buffer, bytes, numbers)
    }
  } finally {
    closeSync(handle)
  }
}

function takeNumbers(entries: Uint8Array, bytes: number, numbers: number[]): void {
  for (let at = 0; at < bytes; ) {
    const length = (entries[at + AT.length] ?? 0) | ((entries[at + AT.length + 1] ?? 0) << 8)
    let number = 0
    let place = at + AT.name
    for (; place < at + length; place++) {
      const digit = entries[place] ?? 0
      if (digit < ZERO || digit > NINE) break
      number = number * 10 + digit - ZERO
    }
    if (place > at + AT.name && entries[place] === 0) numbers.push(number)
    if (length === 0) return
    at += length
  }
}
