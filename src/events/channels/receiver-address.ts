import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type AddressRange, isWithin, parseAddressRange, readAddress } from '../../lib/address-range.ts'
import { SendError } from './channel.ts'

/**
 * Addresses that a person may not enter as a target unless `notifications.allow_addresses` names them: this
 * machine, its links, and the metadata addresses of clouds.
 */
const CLOSED = [
  ...['127.0.0.0/8', '0.0.0.0/8', '169.254.0.0/16', '::1', '::', 'fe80::/10'],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::/32', '64:ff9b::/96', '64:ff9b:1::/48'],
]

let closedRanges: readonly AddressRange[] | null = null

function isInClosedRange(address: string): boolean {
  closedRanges ??= CLOSED.flatMap((range) => parseAddressRange(range) ?? [])
  return isWithin(address, closedRanges)
}

/** The addresses of this machine in its networks, as they are now: programs that trust its network answer there, too. */
function listOwnAddresses(): Set<string | null> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return new Set(all.map(({ address }) => readAddress(address)))
}

/**
 * The address to connect to for a host, as its name resolves now. It is that very address that has to be
 * connected to: the name may mean another one a moment later. Throws a `SendError` when it is closed.
 */
export async function findReceiver(host: string, allowed: readonly AddressRange[]): Promise<string> {
  const literal = host.replace(/^\[|\]$/g, '')
  const found = await lookup(literal, { all: true }).catch((error: NodeJS.ErrnoException) => {
    throw new SendError(`${host} can't be reached: its name is not known (${error.code ?? 'no answer'})`, {
      retry: true,
    })
  })
  const [first] = found
  if (first === undefined)
    throw new SendError(`${host} can't be reached: its name has no address`, { retry: true })
  // One refused address among several refuses the name: no legitimate receiver has such a name.
  const own = listOwnAddresses()
  const isClosed = (address: string) => isInClosedRange(address) || own.has(readAddress(address))
  const closed = found.find(({ address }) => isClosed(address) && !isWithin(address, allowed))
  if (closed !== undefined)
    throw new SendError(
      `${host} is ${closed.address}, an address of this machine or its link: notifications go there only when ` +
        'notifications.allow_addresses names it',
      { retry: true },
    )
  return first.address
}
