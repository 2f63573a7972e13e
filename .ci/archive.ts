import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { TAR_BLOCK, tarHeader, tarPadding } from '../src/lib/tar-header.ts'

/** A file of an archive; `mode` is for Unix. */
export type ArchiveEntry = {
  readonly name: string
  readonly data: Uint8Array
  readonly mode: number
  /** It is a folder, whose name ends with a slash. */
  readonly isFolder?: boolean
}

/** Unix, version 3.0 of the format: the mode of a file is kept. */
const MADE_BY_UNIX = (3 << 8) | 30

/** A .tar.gz in the form that every tar reads (ustar); the same bytes for the same files. `time` is seconds since 1970. */
export function packTarGz(entries: readonly ArchiveEntry[], time: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (const entry of entries) {
    parts.push(
      tarHeader({ ...entry, size: entry.data.length, time, owner: 'root' }),
      entry.data,
      Buffer.alloc(tarPadding(entry.data.length)),
    )
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * TAR_BLOCK)]), { level: 6 })
}

/** A .zip, deflated; the same bytes for the same files. `time` is seconds since 1970. */
export function packZip(entries: readonly ArchiveEntry[], time: number): Uint8Array {
  const { day, clock } = toDosTime(time)
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const { name, data, mode } of entries) {
    const packed = deflateRawSync(data, { level: 6 })
    const nameBytes = Buffer.from(name)
    // From "version needed" to "length of the extra field": the same in both headers.
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(8, 4)
    shared.writeUInt16LE(clock, 6)
    shared.writeUInt16LE(day, 8)
    shared.writeUInt32LE(crc32(data), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(data.length, 18)
    shared.writeUInt16LE(nameBytes.length, 22)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), shared, nameBytes, packed)
    const before = Buffer.alloc(6)
    before.write('PK\x01\x02', 'latin1')
    before.writeUInt16LE(MADE_BY_UNIX, 4)
    const after = Buffer.alloc(14)
    after.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6)
    after.writeUInt32LE(at, 10)
    directory.push(before, shared, after, nameBytes)
    at += 4 + shared.length + nameBytes.length + packed.length
  }
  const size = directory.reduce((total, part) => total + part.length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

/** Days and halves of seconds as MS-DOS kept them, in UTC. */
function toDosTime(time: number): { day: number; clock: number } {
  const date = new Date(Math.max(time, 315_532_800) * 1000)
  return {
    day: ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
    clock: (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1),
  }
}
