import { openLibc } from '../../lib/libc/open-libc.ts'

/** Address families of Linux, on every processor that we build for. */
export const AF = { 4: 2, 6: 10 } as const

export const versionOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4)

const SIGNATURES = {
  inet_pton: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  if_nametoindex: { args: ['ptr'], returns: 'u32' },
} as const

let libc: ReturnType<typeof openLibc<typeof SIGNATURES>> | null = null

/**
 * A `sockaddr_in` or `sockaddr_in6` of Linux; behind `%` is the interface of an address that is valid on one
 * link only. Throws when it is not an IP address.
 */
export function writeSocketAddress(address: string, port = 0): Buffer {
  libc ??= openLibc(SIGNATURES)
  const version = versionOf(address)
  const [plain = '', link] = address.split('%')
  const place = Buffer.alloc(version === 4 ? 16 : 28)
  place.writeUInt16LE(AF[version], 0)
  place.writeUInt16BE(port, 2)
  const bytes = Buffer.alloc(16)
  if (libc.symbols.inet_pton(AF[version], Buffer.from(`${plain}\0`), bytes) !== 1)
    throw new Error(`${address} is no IP address`)
  bytes.copy(place, version === 4 ? 4 : 8, 0, version === 4 ? 4 : 16)
  if (link !== undefined)
    place.writeUInt32LE(
      /^\d+$/.test(link) ? Number(link) : libc.symbols.if_nametoindex(Buffer.from(`${link}\0`)),
      24,
    )
  return place
}
