/** A file of a tar archive. */
export type TarFile = {
  /** At most 99 bytes; that of a folder ends with a slash. */
  readonly name: string
  readonly mode: number
  readonly size: number
  /** Seconds since 1970. */
  readonly time: number
  readonly isFolder?: boolean
  /** Name of owner and group; none unless given. */
  readonly owner?: string
}

/** Header, content and padding are in blocks of this many bytes; two empty ones end an archive. */
export const TAR_BLOCK = 512

/** The largest number of eleven octal digits; larger ones are written in base 256, as GNU and BSD tar do. */
const MAX_OCTAL = 8 ** 11 - 1

/** The header of POSIX.1-1988 (ustar), which every tar reads. Throws for a name that is too long. */
export function tarHeader({ name, mode, size, time, isFolder = false, owner }: TarFile): Buffer {
  if (Buffer.byteLength(name) > 99) throw new Error(`the name ${name} is too long for an archive`)
  const header = Buffer.alloc(TAR_BLOCK)
  const octal = (value: number, at: number, width: number) =>
    header.write(value.toString(8).padStart(width - 1, '0'), at, 'latin1')
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
  header.write(isFolder ? '5' : '0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  if (owner !== undefined) {
    header.write(owner, 265, 'latin1')
    header.write(owner, 297, 'latin1')
  }
  header.write(`${tarSum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** The sum of all bytes of a header, with blanks in place of the sum. */
export function tarSum(header: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0)
  return sum
}

/** Bytes that fill the last block of a content of `size` bytes. */
export const tarPadding = (size: number): number => (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK
