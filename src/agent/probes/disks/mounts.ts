import { createUniqueNames, type RenamedPart, toMetricPart } from '../metric-name.ts'
import type { Mount } from './mountinfo.ts'

/** A filesystem worth a report, and where to ask for its space. */
export type MountedFilesystem = {
  /** `dev.sda1`, `tank.data`, `overlay`: the name in metrics. */
  readonly name: string
  readonly mount: Mount
  /** Served by another machine or process, or reached through such a one: asking may never end. */
  readonly isRemote: boolean
  /** The kernel knows its space without asking any disk. */
  readonly isQuick: boolean
  /**
   * A whole device (or subvolume), a part of one that is bound in from elsewhere, or a root on no device of
   * its own.
   */
  readonly kind: 'device' | 'bind' | 'root'
}

export type ChosenFilesystems = {
  readonly filesystems: readonly MountedFilesystem[]
  /** How many were left out because there are too many. */
  readonly omitted: number
  /** Names that two filesystems share; the later one gets a suffix. */
  readonly renamed: readonly RenamedPart[]
}

/** Filesystems that other machines, hypervisors or processes answer for. */
const REMOTE = new Set(
  'nfs nfs4 cifs smb3 smbfs ncpfs ceph glusterfs lustre afs coda 9p virtiofs vboxsf vmhgfs prl_fs beegfs gpfs orangefs'.split(
    ' ',
  ),
)
/** Of the kernel or of a program, without a disk of their own. */
const VIRTUAL = new Set([
  'fuse.lxcfs',
  'fuse.portal',
  'fuse.gvfsd-fuse',
  'fuse.snapfuse',
  'fusectl',
  'devtmpfs',
])
/**
 * Filesystems that keep their counters in memory while mounted; ZFS waits for a suspended pool, FAT counts
 * its free clusters first.
 */
const QUICK = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'tmpfs'])
/** Images that are full for ever. */
const IMAGE = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs', 'romfs'])

/** Mounts of the system and of container engines, as node_exporter leaves them out. */
const EXCLUDED_POINT =
  /^\/(dev|proc|sys|run\/credentials\/.+|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)($|\/)/

/**
 * Filesystems in memory that the whole machine writes to, such as /tmp and /run, by their place, as each is called
 * tmpfs. Deeper ones belong to a user, a service or a container.
 */
const MEMORY_POINT = /^\/(?:[^/]+|(?!run\/)[^/]+\/[^/]+)$/

/** Where a service with `PrivateTmp=yes`, as the agent's, sees a folder of its own in the filesystem of all. */
const PRIVATE_POINT = /^\/(?:var\/)?tmp$/

/** The most that one machine reports: ZFS hosts have thousands of datasets. */
const MAX_FILESYSTEMS = 128

/**
 * Chooses the mounts that hold data, each filesystem once, and always the root. Network filesystems only on
 * request.
 */
export function chooseFilesystems(mounts: readonly Mount[], withRemote: boolean): ChosenFilesystems {
  // The newest mount of a folder hides those before it.
  const visible = [...new Map(mounts.map((mount) => [mount.mountPoint, mount])).values()]
  const remotePoints = visible.filter(({ type }) => isRemoteType(type)).map(({ mountPoint }) => mountPoint)
  const byDevice = new Map<string, MountedFilesystem>()
  for (const mount of visible) {
    const found = classify(mount, remotePoints)
    if (found === null || (isRemoteType(mount.type) && !withRemote && mount.mountPoint !== '/')) continue
    const other = byDevice.get(mount.device)
    if (other === undefined || isBetter(found, other)) byDevice.set(mount.device, found)
  }
  const all = [...byDevice.values()].sort(byImportance)
  const names = createUniqueNames(['inodes'])
  const filesystems = all
    .slice(0, MAX_FILESYSTEMS)
    .map((found) => ({ ...found, name: names.claim(found.name) }))
  return { filesystems, omitted: all.length - filesystems.length, renamed: names.renamed }
}

function classify(mount: Mount, remotePoints: readonly string[]): MountedFilesystem | null {
  const { type, source, mountPoint, root } = mount
  const isRemoteOne = isRemoteType(type)
  const isRemote =
    isRemoteOne || remotePoints.some((point) => point !== '/' && mountPoint.startsWith(`${point}/`))
  const isOnDevice = source.startsWith('/dev/') || type === 'zfs'
  if (VIRTUAL.has(type) || EXCLUDED_POINT.test(mountPoint) || isSnapshot(mount)) return null
  if (isOnDevice && !isRemoteOne && !IMAGE.has(type)) {
    const isWhole = root === '/' || type === 'btrfs' || type === 'bcachefs' || mountPoint === '/'
    return name(source, { mount, isRemote, kind: isWhole ? 'device' : 'bind' })
  }
  if (isRemoteOne) return name(source, { mount, isRemote, kind: 'device' })
  if (type === 'tmpfs' && isCommonMemory(mount))
    return name(`${type}${mountPoint}`, { mount, isRemote, kind: 'device' })
  return mountPoint === '/' ? name(type, { mount, isRemote, kind: 'root' }) : null
}

function name(source: string, rest: Omit<MountedFilesystem, 'name' | 'isQuick'>): MountedFilesystem | null {
  const part = toMetricPart(source)
  return part === '' ? null : { name: part, isQuick: !rest.isRemote && QUICK.has(rest.mount.type), ...rest }
}

/** ZFS mounts a snapshot as soon as its folder is opened. */
const isSnapshot = ({ type, source }: Mount) => type === 'zfs' && source.includes('@')

/**
 * Nothing fills one that is read-only, as a secret is. A part that is bound in from elsewhere is another's: in a
 * container of Podman /etc/hosts is a file of /run of its host.
 */
const isCommonMemory = ({ mountPoint, root, isReadOnly }: Mount) =>
  MEMORY_POINT.test(mountPoint) && !isReadOnly && (root === '/' || PRIVATE_POINT.test(mountPoint))

const isRemoteType = (type: string) => REMOTE.has(type) || type === 'fuse' || type.startsWith('fuse.')

const isRoot = ({ mount }: MountedFilesystem) => mount.mountPoint === '/'

/**
 * Of two mounts of one filesystem: the root, then one that is not out of reach, the whole, the shorter way.
 */
function isBetter(a: MountedFilesystem, b: MountedFilesystem): boolean {
  if (isRoot(a) !== isRoot(b)) return isRoot(a)
  if (a.isRemote !== b.isRemote) return !a.isRemote
  if (a.kind !== b.kind) return a.kind === 'device'
  return a.mount.mountPoint.length < b.mount.mountPoint.length
}

/** Where there are too many, or two of one name, these stay. */
function byImportance(a: MountedFilesystem, b: MountedFilesystem): number {
  return (
    Number(isRoot(b)) - Number(isRoot(a)) ||
    Number(a.isRemote) - Number(b.isRemote) ||
    Number(a.kind === 'bind') - Number(b.kind === 'bind') ||
    a.mount.mountPoint.length - b.mount.mountPoint.length
  )
}
