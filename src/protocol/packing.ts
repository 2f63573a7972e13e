import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { type JsonMembers, readNumber } from './field.ts'
import { MAX_BATCH_BYTES } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

/** Tells what the bytes after a line are. */
export type PackedHeader = {
  readonly encoding: 'zstd' | 'gzip'
  readonly bytes: number
  readonly size: number
}

/**
 * A zstd frame may ask for a window of its own choice: 2^23 bytes is what the highest ordinary level uses.
 */
const MAX_WINDOW_LOG = 23

/**
 * Reads the line before packed bytes. Throws a ProtocolError when it promises more than `most` bytes on
 * either side.
 */
export function readPackedHeader(fields: JsonMembers, most = MAX_BATCH_BYTES): PackedHeader {
  const { encoding } = fields
  if (encoding !== 'zstd' && encoding !== 'gzip')
    throw new ProtocolError('malformed', 'the encoding is not known')
  const bytes = readNumber(fields.bytes)
  const size = readNumber(fields.size)
  if (!Number.isInteger(bytes) || !Number.isInteger(size) || bytes < 1 || size < 1)
    throw new ProtocolError('malformed', 'the lengths of a packed batch are missing')
  if (bytes > most || size > most)
    throw new ProtocolError('oversized', `a packed batch is longer than ${most} bytes`)
  return { encoding, bytes, size }
}

/**
 * Unpacks one batch; never makes more than the header promised. Throws a ProtocolError when it is another
 * length.
 */
export function unpack(header: PackedHeader, packed: Uint8Array): Buffer {
  const plain = unpackBounded(header, packed)
  if (plain.length !== header.size)
    throw new ProtocolError('malformed', 'a packed batch has not the length it promised')
  return plain
}

function unpackBounded({ encoding, size }: PackedHeader, packed: Uint8Array): Buffer {
  try {
    if (encoding === 'gzip') return gunzipSync(packed, { maxOutputLength: size })
    return zstdDecompressSync(packed, {
      maxOutputLength: size,
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
    })
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new ProtocolError('oversized', 'a packed batch is longer than it promised')
    throw new ProtocolError('malformed', 'a packed batch can not be unpacked')
  }
}
