import { crc32 } from 'node:zlib'

/**
 * Checksums of frames, chunks and blocks: CRC-32 (polynomial of zlib) whose start value is computed from the
 * key of the row, so that bytes stored under the key of another row do not match either. Part of the file
 * format: never change them.
 */

/** Stored bytes differ from those that were written. */
export class DamageError extends Error {
  constructor(message = 'the checksum does not fit', options?: ErrorOptions) {
    super(message, options)
    this.name = 'DamageError'
  }
}

/** The bytes of a checksum. */
export const CHECKSUM_BYTES = 4

/** The parts are whole numbers; of each the lowest 32 bits count. */
export function computeChecksum(bytes: Uint8Array, a: number, b: number, c = 0): number {
  return updateChecksum(bytes, computeStart(a, b, c))
}

/**
 * The checksum of the bytes from `at` on, which is a few bytes behind the first; it starts with `start`. A view of these
 * bytes would cost more than the checksum, so this one begins before the first byte such that `start` is reached at `at`.
 */
export function computeChecksumFrom(at: number, bytes: Uint8Array, start: number): number {
  return updateChecksum(bytes, rewindChecksum(start, bytes, at))
}

/** The start value that belongs to the key of a row. */
export function computeStart(a: number, b: number, c = 0): number {
  // Multiplying by an odd number loses no bit: keys that differ in one bit give different start values.
  return (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)) >>> 0
}

/** The checksum of bytes that follow those of which it is `checksum`. */
export const updateChecksum = (bytes: Uint8Array, checksum: number): number => crc32(bytes, checksum)

/** The register's change by each byte; no two have the same highest byte, so a step can be undone. */
const STEPS = Int32Array.from({ length: 256 }, (_, byte) => {
  let step = byte
  for (let bit = 0; bit < 8; bit++) step = (step & 1) === 1 ? (step >>> 1) ^ 0xedb88320 : step >>> 1
  return step
})
const STEP_BY_HIGHEST = new Uint8Array(256)
STEPS.forEach((step, byte) => {
  STEP_BY_HIGHEST[step >>> 24] = byte
})

/** The checksum before the first `length` bytes of `head`, when the one behind them is `checksum`: `updateChecksum` undone. */
export function rewindChecksum(checksum: number, head: Uint8Array, length = head.length): number {
  let register = ~checksum
  for (let i = length - 1; i >= 0; i--) {
    const byte = STEP_BY_HIGHEST[register >>> 24] ?? 0
    register = ((register ^ (STEPS[byte] ?? 0)) << 8) | (byte ^ (head[i] ?? 0))
  }
  return ~register >>> 0
}

/** Writes the checksum at `at`, the lowest byte first. */
export function writeChecksum(bytes: Uint8Array, at: number, checksum: number) {
  for (let i = 0; i < CHECKSUM_BYTES; i++) bytes[at + i] = checksum >>> (8 * i)
}

export function readChecksum(bytes: Uint8Array, at: number): number {
  if (at + CHECKSUM_BYTES > bytes.length) throw new DamageError('it is shorter than its checksum')
  let checksum = 0
  for (let i = 0; i < CHECKSUM_BYTES; i++) checksum |= (bytes[at + i] ?? 0) << (8 * i)
  return checksum >>> 0
}
