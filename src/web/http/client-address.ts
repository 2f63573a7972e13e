import { type AddressRange, isWithin, readAddress } from '../../lib/address-range.ts'

/** Where a request comes from, and how. */
export type Client = {
  readonly address: string
  /** Whether the browser speaks HTTPS: with us, or with a trusted proxy before us. */
  readonly isSecure: boolean
}

/** Addresses of a forwarded chain that are read: real chains of proxies are shorter. */
const MAX_HOPS = 16

/**
 * The client of a request that came over a connection from `peer`. Only the headers of a trusted proxy are
 * used: `X-Forwarded-For` from its end up to the first address that is not a trusted proxy's, and
 * `X-Forwarded-Proto` at the same position. A malformed address ends the chain at the proxy that forwarded
 * it: everything before it could be forged.
 */
export function readClient(
  headers: Headers,
  peer: string,
  isTls: boolean,
  trusted: readonly AddressRange[],
): Client {
  const nearest = readAddress(peer) ?? peer
  if (trusted.length === 0 || !isWithin(nearest, trusted)) return { address: nearest, isSecure: isTls }
  const chain = splitList(headers.get('x-forwarded-for')).slice(-MAX_HOPS).reverse()
  let address = nearest
  let hops = 0
  for (const text of chain) {
    const forwarded = readAddress(withoutPort(text))
    if (forwarded === null) break
    address = forwarded
    if (!isWithin(address, trusted)) break
    hops++
  }
  const schemes = splitList(headers.get('x-forwarded-proto'))
  const scheme = schemes[Math.max(0, schemes.length - 1 - hops)]
  return { address, isSecure: isTls || scheme?.toLowerCase() === 'https' }
}

const splitList = (header: string | null) => (header ?? '').split(',').map((item) => item.trim())

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const withoutPort = (text: string) =>
  /^(?:\[(.+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text)?.slice(1).join('') ?? text
