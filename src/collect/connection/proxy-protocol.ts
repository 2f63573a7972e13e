import { readAddress } from '../../lib/address-range.ts'

/** The header that a balancer puts before the sender's bytes; `address` is null when it names none. */
export type ProxyHeader = { readonly length: number; readonly address: string | null }

/** Longest header of version 1, line end included. */
const MAX_LINE = 107
/** Longest header of version 2 that is taken: addresses and some extra fields, of which nothing is read. */
const MAX_BINARY = 2048

const SIGNATURE_1 = Buffer.from('PROXY ')
const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const BINARY_HEAD = 16

/**
 * Reads a header of the PROXY protocol, version 1 or 2, at the beginning of a connection. Null when there is
 * none, `more` when that is not decided yet or the header is incomplete, `malformed` when it is invalid.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'more' | 'malformed' | null {
  for (const [signature, read] of [
    [SIGNATURE_1, readLine],
    [SIGNATURE_2, readBinary],
  ] as const) {
    const common = Math.min(signature.length, bytes.length)
    if (bytes.compare(signature, 0, common, 0, common) !== 0) continue
    return common < signature.length ? 'more' : read(bytes)
  }
  return null
}

function readLine(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  const end = bytes.subarray(0, MAX_LINE).indexOf('\r\n')
  if (end < 0) return bytes.length < MAX_LINE ? 'more' : 'malformed'
  const length = end + 2
  const [, family = '', source = ''] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { length, address: null }
  const address = readAddress(source)
  return (family === 'TCP4' || family === 'TCP6') && address !== null ? { length, address } : 'malformed'
}

function readBinary(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  if (bytes.length < BINARY_HEAD) return 'more'
  const length = BINARY_HEAD + bytes.readUInt16BE(14)
  const command = bytes[12]
  if (length > MAX_BINARY || (command !== 0x20 && command !== 0x21)) return 'malformed'
  if (bytes.length < length) return 'more'
  // LOCAL: the balancer itself looks whether we are there.
  if (command === 0x20) return { length, address: null }
  const family = (bytes[13] ?? 0) >> 4
  if (family === 1 && length >= BINARY_HEAD + 12)
    return { length, address: bytes.subarray(BINARY_HEAD, BINARY_HEAD + 4).join('.') }
  if (family === 2 && length >= BINARY_HEAD + 36) {
    const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(BINARY_HEAD + 2 * i).toString(16))
    return { length, address: readAddress(groups.join(':')) }
  }
  return family === 0 ? { length, address: null } : 'malformed'
}
