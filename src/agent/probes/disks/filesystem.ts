import { FILESYSTEM_METRICS } from '../../../domain/metrics/declared/disks.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type ProcFs, readTextOrNothing, type StatFs } from '../../../platform/proc.ts'
import type { Drive, Win32 } from '../../../platform/win32.ts'
import { addSample, percentOf } from '../arithmetic.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { nameDrive, readDrives, shareActive } from './disk.ts'
import { type DiskCounters, mergePaths, parseDiskstats } from './diskstats.ts'
import { parseMountinfo } from './mountinfo.ts'
import { type ChosenFilesystems, chooseFilesystems, type MountedFilesystem } from './mounts.ts'
import { findWriteState, type WriteState } from './writes.ts'

export type FilesystemReading = {
  readonly states: readonly FilesystemState[]
  /** The choice made from the text of mountinfo, which is the same in nearly every cycle; null on Windows. */
  readonly table: FilesystemTable | null
}

type FilesystemTable = ChosenFilesystems & { readonly text: string; readonly writes: WriteState }

export type FilesystemState = {
  readonly name: string
  readonly kind: MountedFilesystem['kind']
  /** Null when it did not answer. */
  readonly space: StatFs | null
  /** Whether it takes writes; null where it is not meant to, and where that is not known. */
  readonly isWritable: boolean | null
  /** Of the block device below; null where there is none, or several. */
  readonly disk: DiskCounters | null
}

/**
 * Space, inodes and busy time of mounted filesystems. Linux: /proc/self/mountinfo, statfs(2) and
 * /proc/diskstats. Windows: drives with a letter, GetDiskFreeSpaceEx and the counters LogicalDisk.
 * Percentages are those of df: what root keeps to itself belongs neither to the used nor to the whole.
 */
export const filesystem = defineProbe<FilesystemReading>({
  name: 'filesystem',
  metrics: FILESYSTEM_METRICS,
  keepSeconds: 10,
  linux(
    proc,
    { networkFilesystems = false, noteOnce },
    previous,
  ): FilesystemReading | Promise<FilesystemReading> {
    const text = proc.readText('/proc/self/mountinfo')
    const before = previous?.table ?? null
    const table = before?.text === text ? before : readTable(proc, text, before, networkFilesystems)
    for (const { name, now } of table.renamed)
      noteOnce?.(`two filesystems have the name ${name}`, { filesystem: now })
    if (table.omitted > 0)
      noteOnce?.('filesystems are left out because there are too many', { count: table.omitted })
    const disks = readDisks(proc)
    const found = table.filesystems.map((mounted) => readState(proc, mounted, table.writes, disks))
    // Where all have answered there is nothing to wait for, nor to give a time to.
    const states = found.filter((state): state is FilesystemState => !(state instanceof Promise))
    return states.length === found.length
      ? { states, table }
      : Promise.all(found).then((all) => ({ states: all, table }))
  },
  windows(win32) {
    const disks = readDrivesOrNothing(win32)
    const states = win32.listDrives().map(
      (drive): FilesystemState => ({
        name: nameDrive(drive.letter),
        kind: 'device',
        space: toSpace(drive),
        isWritable: null,
        disk: disks.find(({ device }) => device === drive.letter) ?? null,
      }),
    )
    return { states, table: null }
  },
  samples(now, previous, seconds) {
    const samples: ProbeSample[] = []
    if (now.table !== null && now.table.omitted > 0)
      addSample(samples, 'perf.filesystem.omitted', now.table.omitted)
    for (const { name, space, isWritable, disk } of dropTwins(now.states)) {
      const part = `perf.filesystem.${name}`
      if (space !== null && space.blocks > 0) {
        addSpace(samples, part, space)
        if (isWritable !== null) addSample(samples, `${part}.writable`, isWritable ? 1 : 0)
      }
      const before = previous?.states.find((state) => state.name === name)?.disk
      if (disk !== null && before?.device === disk.device)
        addSample(samples, `${part}.percent.active`, shareActive(disk, before, seconds))
    }
    return samples
  },
})

/**
 * Mount points of filesystems, by the name in their metrics; empty where they can't be read. Reads two tables
 * and no disk.
 */
export function listMountPoints(platform: Platform, withRemote: boolean): Readonly<Record<string, string>> {
  try {
    const pairs =
      platform.system === 'linux'
        ? chooseFilesystems(
            parseMountinfo(platform.proc.readText('/proc/self/mountinfo')),
            withRemote,
          ).filesystems.map(({ name, mount }) => [name, mount.mountPoint])
        : platform.win32.listDrives().map(({ letter }) => [nameDrive(letter), `${letter.toUpperCase()}:`])
    return Object.fromEntries(pairs)
  } catch {
    return {}
  }
}

function readTable(
  proc: ProcFs,
  text: string,
  before: FilesystemTable | null,
  withRemote: boolean,
): FilesystemTable {
  const chosen = chooseFilesystems(parseMountinfo(text), withRemote)
  const mounts = chosen.filesystems.map(({ mount }) => mount)
  const took = before?.writes.tookWrites ?? new Set<string>()
  return { text, ...chosen, writes: findWriteState(mounts, took, readTextOrNothing(proc, '/etc/fstab')) }
}

/** Empty where containers hide them: space is worth telling without. */
function readDisks(proc: ProcFs): DiskCounters[] {
  try {
    return mergePaths(parseDiskstats(proc.readText('/proc/diskstats')))
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

function readState(
  proc: ProcFs,
  { name, kind, mount, isRemote, isQuick }: MountedFilesystem,
  writes: WriteState,
  disks: readonly DiskCounters[],
): FilesystemState | Promise<FilesystemState> {
  const own = disks.find(({ device }) => device === mount.device)
  const disk = own ?? findSource(proc, mount.source, disks)
  const isWritable = writes.isWritable.get(mount.id) ?? null
  const answer = proc.statfs(mount.mountPoint, { remote: isRemote, quick: isQuick })
  if (!(answer instanceof Promise)) return { name, kind, space: answer, isWritable, disk }
  // One that refuses (no right to enter the folder, an aborted FUSE) is left out; the others are none the
  // worse.
  return answer.catch(() => null).then((space) => ({ name, kind, space, isWritable, disk }))
}

/**
 * Btrfs has a device number of its own, so the path it was mounted from leads to the disk, `/dev/mapper/x`
 * over its link.
 */
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
 * In a container the root is an overlay, and files such as /etc/hosts are bound in from the very disk below
 * it: same figures, one filesystem. The whole device stays if it is mounted, else the root.
 */
function dropTwins(states: readonly FilesystemState[]): readonly FilesystemState[] {
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
  const used = blocks - blocksFree
  addSample(samples, `${part}.percent.used`, percentOf(used, used + blocksAvailable, 2))
  addSample(samples, `${part}.bytes.free`, blockSize * blocksAvailable)
  // Btrfs and FAT have no fixed number of inodes and report zero.
  addSample(samples, `${part}.inodes.percent.used`, percentOf(files - filesFree, files, 2))
}
