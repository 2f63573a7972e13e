/** Addresses that begin with the same bits. */
export type AddressRange = { readonly bytes: Uint8Array; readonly bits: number }

/** Bits of `::ffff:0:0/96`, under which IPv6 keeps IPv4. */
const MAPPED_BITS = 96
const MAPPED: AddressRange = { bytes: new Uint8Array(16).fill(0xff, 10, 12), bits: MAPPED_BITS }

/** `10.0.0.0/8`, `2001:db8::/32`, or one address; null for anything else. */
export function parseAddressRange(text: string): AddressRange | null {
  const [address = '', length, ...rest] = text.trim().split('/')
  const bytes = parseAddress(address)
  if (bytes === null || rest.length > 0) return null
  const isV4 = !address.includes(':')
  if (length === undefined) return { bytes, bits: 128 }
  if (!/^\d{1,3}$/.test(length) || Number(length) > (isV4 ? 32 : 128)) return null
  return { bytes, bits: Number(length) + (isV4 ? MAPPED_BITS : 0) }
}

/**
 * True when the address lies in one of the ranges; IPv4 is the same whether it is written alone or within
 * IPv6.
 */
export function isWithin(address: string, ranges: readonly AddressRange[]): boolean {
  const bytes = parseAddress(address)
  return bytes !== null && ranges.some((range) => beginsAlike(bytes, range))
}

/**
 * An address as it is written by everybody else, whichever way this one was; IPv4 stands alone. Null when it
 * is none.
 */
export function readAddress(text: string): string | null {
  const bytes = parseAddress(text)
  if (bytes === null) return null
  if (beginsAlike(bytes, MAPPED)) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** What one sender has for itself alone: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(address: string): string {
  const bytes = parseAddress(address)
  if (bytes === null) return address
  return beginsAlike(bytes, MAPPED) ? bytes.slice(12).join('.') : `${bytes.slice(0, 8).toHex()}::/64`
}

function beginsAlike(bytes: Uint8Array, range: AddressRange): boolean {
  const whole = range.bits >> 3
  for (let i = 0; i < whole; i++) if (bytes[i] !== range.bytes[i]) return false
  const mask = 0xff00 >> (range.bits & 7)
  return (((bytes[whole] ?? 0) ^ (range.bytes[whole] ?? 0)) & mask & 0xff) === 0
}

/** 16 bytes, an IPv4 address as the last four behind `::ffff:`; null when it is no address. */
function parseAddress(text: string): Uint8Array | null {
  if (!text.includes(':')) return parseAddress4(text, new Uint8Array(16).fill(0xff, 10, 12))
  // A zone (`fe80::1%eth0`) names an interface, not a place.
  const [plain = ''] = text.split('%')
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain)
  const bytes = new Uint8Array(16)
  if (tail !== null && parseAddress4(tail[2] ?? '', bytes) === null) return null
  const halves = (tail === null ? plain : `${tail[1]}0:0`).split('::')
  if (halves.length > 2) return null
  const [front = [], back = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const count = front.length + back.length
  if (halves.length === 1 ? count !== 8 : count > 7) return null
  const groups = [...front, ...new Array<string>(8 - count).fill('0'), ...back]
  for (const [i, group] of groups.entries()) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null
    if (tail !== null && i >= 6) continue
    bytes[2 * i] = Number.parseInt(group, 16) >> 8
    bytes[2 * i + 1] = Number.parseInt(group, 16) & 0xff
  }
  return bytes
}

/** Writes the four numbers to the end of `bytes`. */
function parseAddress4(text: string, bytes: Uint8Array): Uint8Array | null {
  const numbers = text.split('.')
  if (numbers.length !== 4 || !numbers.every((number) => /^\d{1,3}$/.test(number) && Number(number) < 256))
    return null
  bytes.set(numbers.map(Number), 12)
  return bytes
}
