import type { ProcFs } from '../../../platform/proc.ts'

export type InterfaceTraits = {
  /**
   * The kernel's number of it, which a new interface of the same name does not share; empty where it is not
   * known.
   */
  readonly index: string
  /** A device is below it, which for one index never changes. */
  readonly hasDevice: boolean
  /** Part of the machine's total: traffic through it is seen on no other counted interface. */
  readonly isCounted: boolean
}

/** Ends of containers and virtual machines, and what programs make with names that mean nothing tomorrow. */
const PASSING = new RegExp(
  [
    `^(lo$|veth|vnet|tap|cali|cilium|lxc|lxd|docker|br-[0-9a-f]{12}$|virbr|cni|flannel|`,
    String.raw`kube|nodelocaldns|podman|nerdctl|fwbr|fwln|fwpr|ifb|dummy|sit\d|gre\d|gretap|`,
    String.raw`erspan|ip6tnl|ip6gre|ip6_vti|ip_vti|tunl|teql|azv|gke|eni[0-9a-f]{8,}$|vif\d+\.|`,
    `ovs-system|genev_sys)`,
  ].join(''),
)

/** Where /sys is hidden, names decide which interfaces are stacked on others. */
const STACKED = /^(bond|team|br|vmbr|vlan|wg|tun|ppp|vxlan|macv|ipv)\w*\d|\.\d+$/

/**
 * Interfaces without a device are looked at no further than this; the machine's total does not rest on them.
 */
const MAX_VIRTUAL = 256

/** The known interfaces, to be compared with the current ones. */
export type InterfaceSurvey = {
  /** The names that were there. */
  readonly names: string
  readonly traits: ReadonlyMap<string, InterfaceTraits>
  /** Cycles since everything was looked at. */
  readonly age: number
}

/**
 * So often everything is looked at. In between, where the names are the same, only interfaces that make up the
 * machine's total are asked whether they are still the ones that they were.
 */
const LOOK_EVERY = 10

/**
 * `before` is what was found in the cycle before; `traffic` is what an interface has carried so far, by which some
 * are chosen where there are too many.
 */
export function describeInterfaces(
  proc: ProcFs,
  all: readonly string[],
  before: InterfaceSurvey | null,
  traffic: (name: string) => number,
): InterfaceSurvey {
  // Containers that come and go do not make the others be read again.
  const wanted = all.filter((name) => !PASSING.test(name))
  const names = wanted.join(' ')
  const isSame =
    before !== null &&
    before.names === names &&
    before.age + 1 < LOOK_EVERY &&
    [...before.traits].every(
      ([name, { index, hasDevice, isCounted }]) =>
        !(hasDevice || isCounted) || readIndex(proc, name) === index,
    )
  return isSame
    ? { ...before, age: before.age + 1 }
    : { names, traits: findTraits(proc, wanted, traffic), age: 0 }
}

/**
 * The interfaces worth a report and which of them make up the machine's total. These are the ones with a
 * device below them; bridges, bonds, VLANs and tunnels pass on what those carry. In a container, which has no
 * device at all, those that are not stacked on others.
 */
function findTraits(
  proc: ProcFs,
  wanted: readonly string[],
  traffic: (name: string) => number,
): Map<string, InterfaceTraits> {
  const looks = new Map<string, Look>()
  const virtual = new Set(proc.list('/sys/devices/virtual/net'))
  // Cards come first, so that a host of containers' interfaces neither displaces them nor is part of the
  // total.
  for (const name of wanted) if (!virtual.has(name)) looks.set(name, lookAt(proc, name))
  const hasCard = virtual.size > 0 && looks.size > 0
  for (const name of chooseVirtual(
    wanted.filter((other) => virtual.has(other)),
    traffic,
  )) {
    const look = lookAt(proc, name)
    if (!hasCard || !isContainerEnd(proc, name, look)) looks.set(name, look)
  }
  const hasDevice = (name: string | null) => name !== null && looks.get(name)?.hasDevice === true
  const isAnyPhysical = [...looks.values()].some((look) => look.hasDevice)
  const traits = new Map<string, InterfaceTraits>()
  for (const [name, { index, hasDevice: isPhysical, files }] of looks) {
    // On Azure and with virtio failover, the fast path is a device enslaved to a device which counts its
    // traffic, too.
    const isCounted = isAnyPhysical
      ? isPhysical && !hasDevice(findMaster(proc, name))
      : !isStacked(name, files)
    traits.set(name, { index, hasDevice: isPhysical, isCounted })
  }
  return traits
}

/**
 * In a container no interface has a device: the one that carries its traffic is not to be lost behind hundreds of
 * others.
 */
function chooseVirtual(names: readonly string[], traffic: (name: string) => number): readonly string[] {
  if (names.length <= MAX_VIRTUAL) return names
  return [...names].sort((a, b) => traffic(b) - traffic(a)).slice(0, MAX_VIRTUAL)
}

/** One end of a pair whose other end is in another network namespace: it has a link, but nothing below it. */
function isContainerEnd(proc: ProcFs, name: string, { index, files }: Look): boolean {
  if (index === '') return false
  const link = proc.readTextIfThere(`/sys/class/net/${name}/iflink`)?.trim() ?? index
  return link !== index && ![...files].some((file) => file.startsWith('lower_'))
}

type Look = Omit<InterfaceTraits, 'isCounted'> & { readonly files: ReadonlySet<string> }

function lookAt(proc: ProcFs, name: string): Look {
  const files = listFiles(proc, name)
  return { index: files.has('ifindex') ? readIndex(proc, name) : '', hasDevice: files.has('device'), files }
}

const listFiles = (proc: ProcFs, name: string) => new Set(proc.list(`/sys/class/net/${name}`))

const readIndex = (proc: ProcFs, name: string) =>
  proc.readTextIfThere(`/sys/class/net/${name}/ifindex`)?.trim() ?? ''

function findMaster(proc: ProcFs, name: string): string | null {
  const link = `/sys/class/net/${name}/master`
  const target = proc.has(link) ? proc.readLink(link) : null
  return target === null ? null : target.slice(target.lastIndexOf('/') + 1)
}

function isStacked(name: string, files: ReadonlySet<string>): boolean {
  if (files.size === 0) return STACKED.test(name)
  if (['master', 'bridge', 'bonding', 'tun_flags'].some((mark) => files.has(mark))) return true
  return [...files].some((file) => file.startsWith('lower_'))
}
