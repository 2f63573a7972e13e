import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type HostFacts, isHostName } from '../domain/hosts/host.ts'
import { findDefaultInterfaces } from './default-route.ts'
import { findDomain, NO_DOMAIN, shortenName } from './fqdn.ts'
import { describeSystem } from './os-release.ts'
import { type ProcFs, readTextOrNothing } from './proc.ts'

/** Addresses by interface, as `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * Facts of this machine: its short name in lower case, and the facts that change rarely. Never throws for
 * missing facts; an unknown fact is empty or 0.
 */
export function readMachine(
  proc: ProcFs,
  interfaces: Interfaces = networkInterfaces(),
): { name: string; facts: HostFacts } {
  const full = readKernelName(proc)
  return {
    name: readShortName(full),
    facts: {
      ip: findAddress(findDefaultInterfaces(proc), interfaces),
      platform: 'Linux',
      build: describeSystem(proc),
      // The original's word for the architecture; every build of ours has 64 bits, and so has the kernel.
      architecture: '64bit',
      domain: findDomain(proc, full),
      processors: countProcessors(readTextOrNothing(proc, '/proc/stat')),
      memoryMb: readMemoryMb(readTextOrNothing(proc, '/proc/meminfo')),
    },
  }
}

const readKernelName = (proc: ProcFs) => readTextOrNothing(proc, '/proc/sys/kernel/hostname').trim()

/** The name that `readMachine` gives, of the machine whose files these are. */
export const readMachineName = (proc: ProcFs) => readShortName(readKernelName(proc))

/** The name that `readMachine` gives, on any system. */
export function readShortName(full: string = hostname()): string {
  return toHostName(shortenName(full))
}

/**
 * The full name of this machine where it has one, otherwise its host name; used where it introduces itself to
 * other servers.
 */
export function readFullName(proc: ProcFs, full: string = hostname()): string {
  const domain = findDomain(proc, full)
  const name = shortenName(full)
  return domain === NO_DOMAIN ? name : `${name}.${domain}`
}

/** Names are the key of everything, so one that the server would refuse is made legal. */
function toHostName(name: string): string {
  const legal = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '')
  return isHostName(legal) ? legal : 'localhost'
}

/**
 * IPv4 before IPv6, on the interface of the default route before any other. Link-local addresses do not
 * identify a machine and are left out.
 */
export function findAddress(defaults: readonly string[], interfaces: Interfaces): string {
  const preferred = defaults.flatMap((name) => interfaces[name] ?? [])
  const others = Object.values(interfaces).flatMap((addresses) => addresses ?? [])
  const pick = (family: string, addresses: readonly NetworkInterfaceInfo[]) =>
    addresses.find(
      (found) => found.family === family && !found.internal && !/^(fe[89ab]|169\.254\.)/i.test(found.address),
    )?.address
  return (
    pick('IPv4', preferred) ?? pick('IPv6', preferred) ?? pick('IPv4', others) ?? pick('IPv6', others) ?? ''
  )
}

/** Processors that are online. */
export function countProcessors(stat: string): number {
  return stat.match(/^cpu\d+ /gm)?.length ?? 0
}

function readMemoryMb(meminfo: string): number {
  const kilobytes = /^MemTotal: +(\d{1,15}) kB$/m.exec(meminfo)?.[1]
  return kilobytes === undefined ? 0 : Math.round(Number(kilobytes) / 1024)
}
