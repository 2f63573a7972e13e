import { fstatSync, readSync, writeSync } from 'node:fs'
import { dropCached } from '../../../lib/libc/page-cache.ts'

// The write-ahead log of SQLite, as its file format describes it: a header of 32 bytes, then frames, each a header of 24
// bytes and a page. Each frame has the checksum of everything before it, which ends where the log does: frames of an
// earlier round may follow.
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** Its last bit tells whether the checksums are of big-endian words. */
const MAGIC = 0x377f0682
/** A multiple of the most that a system keeps as one in memory, 2 MB: a part of that could not be dropped. */
const PIECE_BYTES = 8 * 1024 * 1024

/** How long a log is at least that has so many frames. */
export const logBytes = (frames: number, pageBytes: number): number =>
  frames === 0 ? 0 : HEADER_BYTES + frames * (FRAME_HEADER_BYTES + pageBytes)

/**
 * Writes every byte of the log over itself, so that the next flush has to bring all of them to the disk. Between two pieces
 * the thread does other work. Nobody else may write to the log meanwhile, or read from it while `hide` runs what it is given.
 */
export async function rewriteLog(handle: number, hide: (act: () => void) => void): Promise<void> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  const { size } = fstatSync(handle)
  for (let at = 0; at < size; ) {
    const length = readSync(handle, piece, 0, Math.min(PIECE_BYTES, size - at), at)
    if (length === 0) throw new Error('the write-ahead log became shorter while it was written again')
    const from = at
    hide(() => {
      dropCached(handle, from, PIECE_BYTES)
      for (let done = 0; done < length; ) done += writeSync(handle, piece, done, length - done, from + done)
    })
    at += length
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

/** How many frames of the log are whole: each has the right checksum of all before it. */
export function countWholeFrames(handle: number): number {
  const header = Buffer.alloc(HEADER_BYTES)
  if (readSync(handle, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return 0
  const magic = header.readUInt32BE(0)
  const isBigEndian = (magic & 1) === 1
  const checksum = new LogChecksum(isBigEndian)
  checksum.add(header, 0, HEADER_BYTES - 8)
  const salts = header.toString('hex', 16, 24)
  const isHeader = (magic & ~1) >>> 0 === MAGIC
  if (!isHeader || !checksum.isAt(header, HEADER_BYTES - 8)) return 0
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + header.readUInt32BE(8))
  let frames = 0
  for (;;) {
    const at = HEADER_BYTES + frames * frame.length
    if (readSync(handle, frame, 0, frame.length, at) < frame.length) break
    if (frame.toString('hex', 8, 16) !== salts) break
    checksum.add(frame, 0, 8)
    checksum.add(frame, FRAME_HEADER_BYTES, frame.length)
    if (!checksum.isAt(frame, 16)) break
    frames++
  }
  return frames
}

/** The running checksum: two sums, each fed by the other one and a word of 32 bits. */
export class LogChecksum {
  #first = 0
  #second = 0
  readonly #isBigEndian: boolean

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian
  }

  /** The length is a multiple of 8. */
  add(bytes: Buffer, from: number, to: number): void {
    const big = this.#isBigEndian
    for (let at = from; at < to; at += 8) {
      this.#first =
        (this.#first + (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + this.#second) >>> 0
      this.#second =
        (this.#second + (big ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + this.#first) >>> 0
    }
  }

  /** Puts the checksum so far at this place. */
  write(bytes: Buffer, at: number): void {
    const write = (value: number, to: number) =>
      this.#isBigEndian ? bytes.writeUInt32BE(value, to) : bytes.writeUInt32LE(value, to)
    write(this.#first, at)
    write(this.#second, at + 4)
  }

  /** Whether the checksum at this place is the one so far. */
  isAt(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second
  }
}
