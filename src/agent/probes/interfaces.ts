import type { ProcFs } from '../../platform/proc.ts'

export type InterfaceTraits = {
  /** The kernel's number of it, which a new interface of the same name does not share; empty where it is not told. */
  readonly index: string
  /** Part of the machine's total: traffic through it is seen on no other counted interface. */
  readonly isCounted: boolean
}

/** Ends of containers and virtual machines, and what programs make with names that mean nothing tomorrow. */
const PASSING =
  /^(lo$|veth|vnet|tap|cali|cilium|lxc|lxd|docker|br-[0-9a-f]{12}$|virbr|cni|flannel|kube|nodelocaldns|podman|nerdctl|fwbr|fwln|fwpr|ifb|dummy|sit\d|gre\d|gretap|erspan|ip6tnl|ip6gre|ip6_vti|ip_vti|tunl|teql|azv|gke|eni[0-9a-f]{8,}$|vif\d+\.|ovs-system|genev_sys)/

/** Where /sys is not to be seen, names tell what is stacked on other interfaces. */
const STACKED = /^(bond|team|br|vmbr|vlan|wg|tun|ppp|vxlan|macv|ipv)\w*\d|\.\d+$/

/** One machine is looked at no further than this. */
const MAX_LOOKED_AT = 256

/**
 * The interfaces worth a report and which of them make up the machine's total. These are the ones with a device
 * below them; bridges, bonds, VLANs and tunnels pass on what those carry. In a container, which has no device at all,
 * those that are not stacked on others.
 */
export function describeInterfaces(proc: ProcFs, names: readonly string[]): Map<string, InterfaceTraits> {
  const links = new Map<string, ReadonlySet<string>>()
  for (const name of names)
    if (!PASSING.test(name) && links.size < MAX_LOOKED_AT)
      links.set(name, new Set(proc.list(`/sys/class/net/${name}`)))
  const hasDevice = (name: string | undefined) =>
    name !== undefined && links.get(name)?.has('device') === true
  const isAnyPhysical = [...links.keys()].some(hasDevice)
  const found = new Map<string, InterfaceTraits>()
  for (const [name, files] of links) {
    // On Azure and with virtio failover, the fast path is a device enslaved to a device which counts its traffic, too.
    const isCounted = isAnyPhysical
      ? hasDevice(name) && !hasDevice(files.has('master') ? findMaster(proc, name) : undefined)
      : !isStacked(name, files)
    const index = files.has('ifindex') ? (proc.readTextIfThere(`/sys/class/net/${name}/ifindex`) ?? '') : ''
    found.set(name, { index: index.trim(), isCounted })
  }
  return found
}

function findMaster(proc: ProcFs, name: string): string | undefined {
  const target = proc.readLink(`/sys/class/net/${name}/master`)
  return target?.slice(target.lastIndexOf('/') + 1)
}

function isStacked(name: string, files: ReadonlySet<string>): boolean {
  if (files.size === 0) return STACKED.test(name)
  if (['master', 'bridge', 'bonding', 'tun_flags'].some((mark) => files.has(mark))) return true
  return [...files].some((file) => file.startsWith('lower_'))
}
