import { toMetricPart } from './metric-name.ts'
import type { Mount } from './mountinfo.ts'

/** A filesystem worth a report, and where to ask for its space. */
export type MountedFilesystem = {
  /** `dev.sda1`, `tank.data`, `overlay`: what stands in the metric's name. */
  readonly name: string
  readonly mount: Mount
  /** Served by another machine or process, or reached through such a one: asking may never end. */
  readonly isRemote: boolean
  /** The kernel knows its space without asking any disk. */
  readonly isQuick: boolean
  /** A whole device (or subvolume), a part of one that is bound in from elsewhere, or a root on no device of its own. */
  readonly kind: 'device' | 'bind' | 'root'
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
/** What keeps its counters in memory while mounted; ZFS waits for a suspended pool, FAT counts its free clusters first. */
const QUICK = new Set(['ext2', 'ext3', 'ext4', 'xfs'])
/** Images that are full for ever. */
const IMAGE = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs', 'romfs'])

/** What one machine reports at most: ZFS hosts have thousands of datasets. */
const MAX_FILESYSTEMS = 128

/**
 * Chooses from all mounts those that hold somebody's data, each filesystem once, and the root whatever it is. Filesystems of other
 * machines only when asked for.
 */
export function chooseFilesystems(mounts: readonly Mount[], withRemote: boolean): MountedFilesystem[] {
  // The newest mount of a folder hides those before it.
  const visible = [...new Map(mounts.map((mount) => [mount.mountPoint, mount])).values()]
  const remotePoints = visible.filter(({ type }) => isRemoteType(type)).map(({ mountPoint }) => mountPoint)
  const byDevice = new Map<string, MountedFilesystem>()
  for (const mount of visible) {
    const found = classify(mount, remotePoints)
    if (found === null || (found.isRemote && !withRemote && mount.mountPoint !== '/')) continue
    const other = byDevice.get(mount.device)
    if (other === undefined || isBetter(found, other)) byDevice.set(mount.device, found)
  }
  const byName = new Map<string, MountedFilesystem>()
  for (const found of [...byDevice.values()].sort(byImportance))
    if (!byName.has(found.name) && byName.size < MAX_FILESYSTEMS) byName.set(found.name, found)
  return [...byName.values()]
}

function classify(mount: Mount, remotePoints: readonly string[]): MountedFilesystem | null {
  const { type, source, mountPoint, root } = mount
  const isRemoteOne = isRemoteType(type)
  const isRemote =
    isRemoteOne || remotePoints.some((point) => point !== '/' && mountPoint.startsWith(`${point}/`))
  const isOnDevice = source.startsWith('/dev/') || type === 'zfs'
  if (VIRTUAL.has(type)) return null
  if (isOnDevice && !isRemoteOne && !IMAGE.has(type)) {
    const isWhole = root === '/' || type === 'btrfs' || type === 'bcachefs' || mountPoint === '/'
    return name(source, { mount, isRemote, kind: isWhole ? 'device' : 'bind' })
  }
  if (isRemoteOne) return name(source, { mount, isRemote, kind: 'device' })
  return mountPoint === '/' ? name(type, { mount, isRemote, kind: 'root' }) : null
}

function name(source: string, rest: Omit<MountedFilesystem, 'name' | 'isQuick'>): MountedFilesystem | null {
  const part = toMetricPart(source)
  return part === '' ? null : { name: part, isQuick: !rest.isRemote && QUICK.has(rest.mount.type), ...rest }
}

const isRemoteType = (type: string) => REMOTE.has(type) || type === 'fuse' || type.startsWith('fuse.')

const isRoot = ({ mount }: MountedFilesystem) => mount.mountPoint === '/'

/** Of two mounts of one filesystem: the root, then one that is not out of reach, the whole, the shorter way. */
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
