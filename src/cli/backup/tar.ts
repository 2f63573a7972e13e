import { CommandError } from '../../lib/exit-codes.ts'
import { PIECE, type Sink, type Source } from './streams.ts'

/** A plain file of an archive. */
export type TarEntry = {
  /** At most 99 bytes. */
  readonly name: string
  readonly mode: number
  readonly size: number
  /** Seconds since 1970. */
  readonly time: number
}

const BLOCK = 512
/** What eleven octal digits hold; what is larger is written in base 256, as GNU and BSD tar do. */
const MAX_OCTAL = 8 ** 11 - 1

/** Writes the header; the content follows by `sink.write`, then `padTarEntry`. */
export function writeTarHeader(sink: Sink, { name, mode, size, time }: TarEntry): void {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, width: number) =>
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  if (Buffer.byteLength(name) > 99) throw new Error(`the name ${name} is too long for an archive`)
  header.write(name, 0)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  if (size <= MAX_OCTAL) octal(size, 124, 12)
  else {
    header[124] = 0x80
    header.writeBigUInt64BE(BigInt(size), 128)
  }
  octal(time, 136, 12)
  header.write('0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  sink.write(header)
}

export function padTarEntry(sink: Sink, size: number): void {
  const rest = size % BLOCK
  if (rest > 0) sink.write(Buffer.alloc(BLOCK - rest))
}

export const endTar = (sink: Sink) => sink.write(Buffer.alloc(2 * BLOCK))

/** The next header; null at the end of the archive. `name` is that of the archive, for errors. */
export function readTarHeader(source: Source, name: string): TarEntry | null {
  const header = Buffer.from(source.read(BLOCK))
  if (header.every((byte) => byte === 0)) return null
  const text = (at: number, width: number) =>
    (header.toString('latin1', at, at + width).split('\0')[0] ?? '').trim()
  const number = (at: number, width: number) => Number.parseInt(text(at, width) || '0', 8)
  if (number(148, 8) !== sumOf(header) || !header.toString('latin1', 257, 262).startsWith('ustar'))
    throw new CommandError(`${name} is no backup of this program, or it is damaged`)
  const size = header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : number(124, 12)
  if (text(156, 1) !== '0' || !Number.isSafeInteger(size))
    throw new CommandError(`${name} is no backup of this program: it holds more than plain files`)
  return { name: text(0, 100), mode: number(100, 8), size, time: number(136, 12) }
}

/** Hands on the content of an entry, piece by piece. */
export function readTarContent(source: Source, size: number, take: (bytes: Uint8Array) => void): void {
  for (let left = size; left > 0; ) {
    const bytes = source.read(Math.min(left, PIECE))
    take(bytes)
    left -= bytes.length
  }
  const rest = size % BLOCK
  if (rest > 0) source.read(BLOCK - rest)
}

/** The sum of all bytes, with blanks in the place of the sum. */
function sumOf(header: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0)
  return sum
}
