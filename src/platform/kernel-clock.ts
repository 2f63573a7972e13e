import { findLastingCalls } from '../lib/libc/open-libc.ts'

/** The kernel's state of its clock. */
export type KernelClock = {
  /** A program synchronises it with a time server, and has set the kernel's flag. */
  readonly isSynchronized: boolean
  /** Seconds that are still to be added to reach the server's time; programs that step the clock leave 0. */
  readonly offset: number
  /** Seconds that the clock may be wrong by at most. */
  readonly maxError: number
}

/** `struct timex` of Linux on processors of 64 bits, with room to spare. */
const SIZE = 256
const AT = { offset: 8, maxError: 24, status: 40 } as const
const STA_UNSYNC = 0x40
const STA_NANO = 0x2000

/** Asks adjtimex(2), which changes nothing when no mode is set. Null where it refuses, as in some sandboxes. */
export function readKernelClock(): KernelClock | null {
  const { adjtimex } = findLastingCalls()
  const bytes = new Uint8Array(SIZE)
  const state = new DataView(bytes.buffer)
  if (adjtimex(bytes) < 0) return null
  const status = state.getInt32(AT.status, true)
  const offset = Number(state.getBigInt64(AT.offset, true))
  return {
    isSynchronized: (status & STA_UNSYNC) === 0,
    offset: offset / ((status & STA_NANO) === 0 ? 1e6 : 1e9),
    maxError: Number(state.getBigInt64(AT.maxError, true)) / 1e6,
  }
}
