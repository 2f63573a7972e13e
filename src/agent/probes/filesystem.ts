import type { ProcFs, StatFs } from '../../platform/proc.ts'
import type { Drive, Win32 } from '../../platform/win32.ts'
import { addSample, percentOf } from './arithmetic.ts'
import { nameDrive, readDrives, shareActive } from './disk.ts'
import { type DiskCounters, parseDiskstats } from './diskstats.ts'
import { parseMountinfo } from './mountinfo.ts'
import { chooseFilesystems, type MountedFilesystem } from './mounts.ts'
import { defineProbe, type ProbeSample } from './probe.ts'

export type FilesystemReading = readonly FilesystemState[]

export type FilesystemState = {
  readonly name: string
  readonly kind: MountedFilesystem['kind']
  /** Null when it did not answer. */
  readonly space: StatFs | null
  /** Of the block device below; null where there is none, or several. */
  readonly disk: DiskCounters | null
}

/**
 * Space, inodes and busy time of mounted filesystems. Linux: /proc/self/mountinfo, statfs(2) and /proc/diskstats. Windows:
 * drives with a letter, GetDiskFreeSpaceEx and the counters LogicalDisk.
 * Percentages are those of df: what root keeps to itself belongs neither to the used nor to the whole.
 */
export const filesystem = defineProbe<FilesystemReading>({
  name: 'filesystem',
  async linux(proc, { networkFilesystems = false }) {
    const mounts = chooseFilesystems(
      parseMountinfo(proc.readText('/proc/self/mountinfo')),
      networkFilesystems,
    )
    const disks = readDisks(proc)
    return Promise.all(mounts.map((mounted) => readState(proc, mounted, disks)))
  },
  windows(win32) {
    const disks = readDrivesOrNothing(win32)
    return win32.listDrives().map((drive) => ({
      name: nameDrive(drive.letter),
      kind: 'device',
      space: toSpace(drive),
      disk: disks.find(({ device }) => device === drive.letter) ?? null,
    }))
  },
  samples(now, previous, seconds) {
    const samples: ProbeSample[] = []
    for (const { name, space, disk } of dropTwins(now)) {
      const part = `perf.filesystem.${name}`
      if (space !== null) addSpace(samples, part, space)
      const before = previous?.find((state) => state.name === name)?.disk
      if (disk !== null && before?.device === disk.device)
        addSample(samples, `${part}.percent.active`, shareActive(disk, before, seconds))
    }
    return samples
  },
})

/** Empty where containers hide them: space is worth telling without. */
function readDisks(proc: ProcFs): DiskCounters[] {
  try {
    return parseDiskstats(proc.readText('/proc/diskstats'))
  } catch {
    return []
  }
}

/** Space is worth telling without. */
function readDrivesOrNothing(win32: Win32): DiskCounters[] {
  try {
    return readDrives(win32)
  } catch {
    return []
  }
}

/** In blocks of one byte; NTFS and ReFS have no fixed number of files. */
function toSpace({ total, free, available }: Drive): StatFs {
  return {
    blockSize: 1,
    blocks: total,
    blocksFree: free,
    blocksAvailable: available,
    files: 0,
    filesFree: 0,
  }
}

async function readState(
  proc: ProcFs,
  { name, kind, mount, isRemote, isQuick }: MountedFilesystem,
  disks: readonly DiskCounters[],
): Promise<FilesystemState> {
  // One that refuses (no right to enter the folder, an aborted FUSE) is left out; the others are none the worse.
  const space = await proc.statfs(mount.mountPoint, { remote: isRemote, quick: isQuick }).catch(() => null)
  const own = disks.find(({ device }) => device === mount.device)
  return { name, kind, space, disk: own ?? findSource(proc, mount.source, disks) }
}

/** Btrfs has a device number of its own, so the path it was mounted from leads to the disk, `/dev/mapper/x` over its link. */
function findSource(proc: ProcFs, source: string, disks: readonly DiskCounters[]): DiskCounters | null {
  if (!source.startsWith('/dev/')) return null
  const path = source.slice('/dev/'.length)
  const direct = disks.find(({ name }) => name === path)
  if (direct !== undefined) return direct
  const target = proc.readLink(source)
  const name = target?.slice(target.lastIndexOf('/') + 1)
  return disks.find((disk) => disk.name === name) ?? null
}

/**
 * In a container the root is an overlay, and files such as /etc/hosts are bound in from the very disk below it: same figures, one filesystem.
 * The whole device stays if it is mounted, else the root.
 */
function dropTwins(states: FilesystemReading): FilesystemReading {
  const root = states.find(({ kind }) => kind === 'root')
  if (root === undefined) return states
  const twins = states.filter((state) => state !== root && isSameSpace(state.space, root.space))
  const isMounted = twins.some(({ kind }) => kind === 'device')
  return states.filter((state) => (state === root ? !isMounted : isMounted || !twins.includes(state)))
}

function isSameSpace(a: StatFs | null, b: StatFs | null): boolean {
  return (
    a !== null && b !== null && a.blockSize === b.blockSize && a.blocks === b.blocks && a.files === b.files
  )
}

function addSpace(samples: ProbeSample[], part: string, space: StatFs) {
  const { blockSize, blocks, blocksFree, blocksAvailable, files, filesFree } = space
  if (!(blocks > 0)) return
  const used = blocks - blocksFree
  addSample(samples, `${part}.percent.used`, percentOf(used, used + blocksAvailable, 2))
  addSample(samples, `${part}.bytes.free`, blockSize * blocksAvailable)
  // Btrfs and FAT have no fixed number of inodes and say zero.
  addSample(samples, `${part}.inodes.percent.used`, percentOf(files - filesFree, files, 2))
}
