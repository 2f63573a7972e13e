import type { BlockList } from 'node:net'
import { isIP, loadNet } from './node-modules.ts'

/** Addresses that begin with the same bits. */
export type AddressRange = { readonly addresses: BlockList }

/** Bits of `::ffff:0:0/96`, under which IPv6 keeps IPv4. */
const MAPPED_BITS = 96

/** `10.0.0.0/8`, `2001:db8::/32`, or one address; null for anything else. */
export function parseAddressRange(text: string): AddressRange | null {
  const [written = '', length, ...rest] = text.trim().split('/')
  const address = readAddress(written)
  if (address === null || rest.length > 0) return null
  // The bits of an IPv4 address written within IPv6 are counted from the front of IPv6.
  const ahead = written.includes(':') && isIPv4(address) ? MAPPED_BITS : 0
  const most = isIPv4(address) ? 32 : 128
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null
  const bits = length === undefined ? most : Number(length) - ahead
  if (bits > most || bits < 0) return null
  const addresses = new (loadNet().BlockList)()
  addresses.addSubnet(address, bits, familyOf(address))
  // All of IPv6 has IPv4 within it.
  if (address === '::' && bits === 0) addresses.addSubnet('0.0.0.0', 0, 'ipv4')
  return { addresses }
}

/**
 * True when the address is in one of the ranges; IPv4 is the same whether it is written alone or within IPv6.
 */
export function isWithin(text: string, ranges: readonly AddressRange[]): boolean {
  const address = readAddress(text)
  return address !== null && ranges.some(({ addresses }) => addresses.check(address, familyOf(address)))
}

/**
 * An address as it is written by everybody else, whichever way this one was; IPv4 stands alone. Null when it
 * is none.
 */
export function readAddress(text: string): string | null {
  const alone = text.replace(/\b0+(?=\d)/g, '')
  if (isIPv4(alone)) return alone
  // A zone (`fe80::1%eth0`) names an interface, not a place.
  const [plain = ''] = text.split('%')
  if (!isIPv6(plain)) return null
  const shortest = new URL(`http://[${plain}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest)
  if (mapped === null) return shortest
  const [high, low] = mapped.slice(1).map((group) => Number.parseInt(group, 16))
  return [(high ?? 0) >> 8, (high ?? 0) & 255, (low ?? 0) >> 8, (low ?? 0) & 255].join('.')
}

/** The network of one sender: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(text: string): string {
  const address = readAddress(text)
  if (address === null || isIPv4(address)) return address ?? text
  const [front = '', back = ''] = address.split('::')
  const [groups, behind] = [front, back].map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - (groups?.length ?? 0) - (behind?.length ?? 0)
  const all = [...(groups ?? []), ...new Array<string>(missing).fill('0'), ...(behind ?? [])]
  return `${all.slice(0, 4).join(':')}::/64`
}

const isIPv4 = (text: string) => isIP(text) === 4
const isIPv6 = (text: string) => isIP(text) === 6
const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6')
