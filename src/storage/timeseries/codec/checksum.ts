import { crc32 } from 'node:zlib'

/**
 * Checksums of frames, chunks and blocks: CRC-32 (polynomial of zlib) whose start value is made from the key
 * of the row, so that bytes that lie under the key of another row do not fit either. Part of the file format:
 * never change them.
 */

/** What is stored can't be what was written. */
export class DamageError extends Error {
  constructor(message = 'the checksum does not fit') {
    super(message)
    this.name = 'DamageError'
  }
}

/** The bytes of a checksum. */
export const CHECKSUM_BYTES = 4

/** The parts are whole numbers; of each the lowest 32 bits count. */
export function computeChecksum(bytes: Uint8Array, a: number, b: number, c = 0): number {
  // Multiplying by an odd number loses no bit: keys that differ in one bit give different start values.
  const start = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)) >>> 0
  return crc32(bytes, start)
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
