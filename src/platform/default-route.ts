import { type ProcFs, readTextOrNothing } from './proc.ts'

const ROUTE_IS_UP = 0x1
const ROUTE_REJECTS = 0x200

/** Interfaces with a default route, the preferred one first, IPv4 before IPv6. */
export function findDefaultInterfaces(proc: ProcFs): string[] {
  const found = [
    ...parseRoutes(readTextOrNothing(proc, '/proc/net/route')),
    ...parseIpv6Routes(readTextOrNothing(proc, '/proc/net/ipv6_route')),
  ]
  return [...new Set(found)]
}

/** /proc/net/route: name, destination, gateway, flags (hex), uses (2), metric, mask (hex). */
export function parseRoutes(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , flags, , , , mask]) => isZero(destination) && isZero(mask) && isUsable(flags))
    .sort((a, b) => Number(a[6]) - Number(b[6]))
    .flatMap(([name]) => name ?? [])
}

/**
 * /proc/net/ipv6_route, all in hex: destination, its length, source, its length, gateway, metric, uses (2),
 * flags, name.
 */
export function parseIpv6Routes(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([destination, length, , , , , , , flags]) => isZero(destination) && length === '00' && isUsable(flags),
    )
    .sort((a, b) => Number.parseInt(a[5] ?? '', 16) - Number.parseInt(b[5] ?? '', 16))
    .flatMap((fields) => fields[9] ?? [])
}

const isZero = (hex: string | undefined) => hex !== undefined && /^0+$/.test(hex)

function isUsable(flags: string | undefined): boolean {
  const bits = Number.parseInt(flags ?? '', 16)
  return (bits & ROUTE_IS_UP) !== 0 && (bits & ROUTE_REJECTS) === 0
}
