import { CommandError } from '../../lib/exit-codes.ts'
import { TAR_BLOCK, type TarFile, tarHeader, tarPadding, tarSum } from '../../lib/tar-header.ts'
import { PIECE, type Sink, type Source } from './streams.ts'

/** A plain file of an archive. */
export type TarEntry = Omit<TarFile, 'isFolder' | 'owner'>

/** Writes the header; the content follows by `sink.write`, then `padTarEntry`. */
export function writeTarHeader(sink: Sink, { name, mode, size, time }: TarEntry): void {
  sink.write(tarHeader({ name, mode, size, time }))
}

export function padTarEntry(sink: Sink, size: number): void {
  const rest = tarPadding(size)
  if (rest > 0) sink.write(Buffer.alloc(rest))
}

export const endTar = (sink: Sink) => sink.write(Buffer.alloc(2 * TAR_BLOCK))

/** The next header; null at the end of the archive. `name` is that of the archive, for errors. */
export function readTarHeader(source: Source, name: string): TarEntry | null {
  const header = Buffer.from(source.read(TAR_BLOCK))
  if (isEmpty(header)) {
    // The end has two of them: an archive that lacks the second one was cut off.
    if (!isEmpty(source.read(TAR_BLOCK))) throw new CommandError(`${name} is damaged at its end`)
    return null
  }
  const text = (at: number, width: number) =>
    (header.toString('latin1', at, at + width).split('\0')[0] ?? '').trim()
  const number = (at: number, width: number) => Number.parseInt(text(at, width) || '0', 8)
  if (number(148, 8) !== tarSum(header) || !header.toString('latin1', 257, 262).startsWith('ustar'))
    throw new CommandError(`${name} is no backup of this program, or it is damaged`)
  const size = header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : number(124, 12)
  if (text(156, 1) !== '0' || !Number.isSafeInteger(size))
    throw new CommandError(`${name} is no backup of this program: it holds more than plain files`)
  return { name: text(0, 100), mode: number(100, 8), size, time: number(136, 12) }
}

const isEmpty = (block: Uint8Array) => block.every((byte) => byte === 0)

/** Hands on the content of an entry, piece by piece. */
export function readTarContent(source: Source, size: number, take: (bytes: Uint8Array) => void): void {
  for (let left = size; left > 0; ) {
    const bytes = source.read(Math.min(left, PIECE))
    take(bytes)
    left -= bytes.length
  }
  const rest = tarPadding(size)
  // No checksum is about it, and a backup that was changed anywhere is not to be trusted.
  if (rest > 0 && !isEmpty(source.read(rest)))
    throw new CommandError('the backup is damaged between two of its files')
}
