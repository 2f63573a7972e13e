import { type AddressRange, isWithin, readAddress } from '../../lib/address-range.ts'

/** Where a request comes from, and how. */
export type Client = {
  readonly address: string
  /** Whether the browser speaks HTTPS: with us, or with a trusted proxy before us. */
  readonly isSecure: boolean
}

/** Addresses of a forwarded chain that are looked at: nobody has more proxies in a row. */
const MAX_HOPS = 16

/**
 * The client of a request that came over a connection from `peer`. What a trusted proxy forwards counts, and
 * nothing of it from anybody else: `X-Forwarded-For` from its end up to the first address that is not itself
 * a trusted proxy's, `X-Forwarded-Proto` of that same place. What is no address ends the chain, at the proxy
 * that passed it on: all before it could be made up.
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

/** Some proxies tell the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const withoutPort = (text: string) =>
  /^(?:\[(.+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text)?.slice(1).join('') ?? text
