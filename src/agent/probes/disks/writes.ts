import { type Mount, unescapeOctal } from './mountinfo.ts'

export type WriteState = {
  /** By id of the mount, whether it takes writes; null where it is not meant to. */
  readonly isWritable: ReadonlyMap<string, boolean | null>
  /** The mounts that have taken writes since the agent was started (`nameMount`). */
  readonly tookWrites: ReadonlySet<string>
}

/**
 * Whether filesystems take writes. One that was mounted read-only is not a problem, and one that became so is. The
 * flag of the mount alone does not tell them apart: systemd sets it on every mount that a service with
 * `ProtectSystem=strict` sees, as the agent's. So /etc/fstab is asked, and what was seen before.
 */
export function findWriteState(
  mounts: readonly Mount[],
  before: ReadonlySet<string>,
  fstab: string,
): WriteState {
  const meant = readFstab(fstab)
  const isWritable = new Map<string, boolean | null>()
  const tookWrites = new Set<string>()
  for (const mount of mounts) {
    const name = nameMount(mount)
    const took = before.has(name)
    if (!mount.isReadOnly || took) tookWrites.add(name)
    isWritable.set(mount.id, findOne(mount, meant.get(mount.mountPoint), took))
  }
  return { isWritable, tookWrites }
}

/** The kernel gives the number of what was unmounted, of mounts as of devices, to the next that is mounted. */
const nameMount = ({ id, device, mountPoint, source }: Mount) => `${id} ${device} ${source} ${mountPoint}`

function findOne(
  { isReadOnly, isReadOnlyHere, isFailed }: Mount,
  meant: 'rw' | 'ro' | undefined,
  tookWrites: boolean,
): boolean | null {
  if (isFailed) return false
  if (!isReadOnly) return true
  if (meant === 'ro') return null
  return !isReadOnlyHere || tookWrites || meant === 'rw' ? false : null
}

/** What an administrator has written of each mount point; the last line of one counts. */
function readFstab(text: string): ReadonlyMap<string, 'rw' | 'ro'> {
  const meant = new Map<string, 'rw' | 'ro'>()
  for (const line of text.split('\n')) {
    const [source = '', point, , options] = line.trim().split(/\s+/)
    if (source.startsWith('#') || point === undefined || options === undefined) continue
    meant.set(unescapeOctal(point), options.split(',').includes('ro') ? 'ro' : 'rw')
  }
  return meant
}
