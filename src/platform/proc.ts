import {
  constants,
  existsSync,
  readFile as nodeReadFile,
  statfs as nodeStatFs,
  readdirSync,
  readFileSync,
  readlinkSync,
  type StatsFs,
  statfsSync,
  statSync,
} from 'node:fs'
import { type Clock, systemClock } from '../lib/clock.ts'
import { readKept } from './kept-files.ts'
import { type KernelClock, readKernelClock } from './kernel-clock.ts'
import { listNumbers } from './list-numbers.ts'
import { watchMounts } from './poll/mount-watch.ts'

/**
 * The kernel's text files under a root that a test can replace. Paths are absolute (`/proc/stat`,
 * `/sys/block`).
 */
export type ProcFs = {
  /** Throws when the file can't be read. */
  readText(path: string): string
  /** Null when the file or folder is not there; throws on other failures. */
  readTextIfThere(path: string): string | null
  /**
   * The same without holding up the caller, for files whose reading may never end: of a process that hangs,
   * of a device, or served by a program. Null when the file is not there. Rejects when it can not be read, or
   * has not been within a second; it is then not read again until that call has come back. Of such files one
   * is read at a time, and none while one is overdue.
   */
  readSlowly(path: string): Promise<string | null>
  /** Reads that were started, should have completed by now, and have not. */
  listStuck(): string[]
  /** Names in a folder; empty when it is not there. */
  list(path: string): string[]
  /** The names in a folder that are whole numbers; empty when it is not there. */
  listNumbers(path: string): number[]
  /** Names of the folders in a folder, links to folders left out; empty when it is not there. */
  listFolders(path: string): string[]
  /**
   * Hard links of a folder; 0 when it is not there. Kernel filesystems count two and one for each folder in
   * it, which costs less than listing.
   */
  countLinks(path: string): number
  /** Whether something is there, a link's target included; asked without the cost of a failure. */
  has(path: string): boolean
  /** The target of a symbolic link, not followed; null when there is no link. */
  readLink(path: string): string | null
  /**
   * Space of the filesystem mounted at `path`, as statfs(2) gives it; null when it did not answer within a
   * second (a dead network mount), and then not asked again until that call has come back. Rejects when the
   * system refuses. A quick one that is answered needs no promise.
   */
  statfs(path: string, options?: StatFsOptions): StatFs | Promise<StatFs | null>
  /** Whether anything was mounted or unmounted since the last call; true where that is not known. */
  haveMountsChanged(): boolean
  /** The kernel's state of its clock; null where it is not available. */
  readClock(): KernelClock | null
}

export type StatFsOptions = {
  /**
   * The answer depends on another machine or process. Such calls go one after the other, and none goes while
   * one is overdue: each holds a thread of Bun's pool, which on a small machine has only two.
   */
  readonly remote?: boolean
  /**
   * The kernel answers from memory, whatever the disk does: asked at once and without a thread, which costs a
   * tenth. Only for types of filesystem that are known to.
   */
  readonly quick?: boolean
}

export type StatFs = {
  /** Bytes; the unit of the three block counts. */
  readonly blockSize: number
  readonly blocks: number
  readonly blocksFree: number
  /** Free to users other than root. */
  readonly blocksAvailable: number
  readonly files: number
  readonly filesFree: number
}

export type ProcFsOptions = {
  /**
   * True when `root` is the whole root of the machine, seen from a container. What the kernel answers by who asks
   * (network, mounts, name) is then read of the machine's first process instead of the container's own.
   */
  readonly isHostRoot?: boolean
  readonly clock?: Clock
  /** The system call on a thread; resolves or rejects, perhaps never. */
  readonly statfs?: (path: string) => Promise<StatFs>
  /** Likewise. */
  readFile?(path: string): Promise<string>
}

const TIMEOUT_MS = 1000

/** A pipe in place of a file counts as empty; it is not waited for. */
const TEXT = { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK } as const

/** Opens the kernel's files under `root`. */
export function openProcFs(
  root = '/',
  {
    clock = systemClock,
    statfs = callStatFs,
    readFile = callReadFile,
    isHostRoot = false,
  }: ProcFsOptions = {},
): ProcFs {
  const prefix = root.replace(/\/+$/, '')
  const locate = isHostRoot
    ? (path: string) => prefix + nameForHost(prefix, path)
    : (path: string) => prefix + path
  // Of the machine that we run on alone: files under another root, as those of tests, may be replaced.
  const readKeptOf = prefix === '' ? readKept : () => null
  const mounts = prefix === '' ? watchMounts('/proc/self/mountinfo') : null
  const spaces = guardCalls(statfs, clock)
  const files = guardCalls(readFile, clock)
  return {
    readText: (path) => readKeptOf(path) ?? readFileSync(locate(path), TEXT),
    readTextIfThere: (path) => readKeptOf(path) ?? orIfAbsent(null, () => readFileSync(locate(path), TEXT)),
    async readSlowly(path) {
      try {
        const text = await files.call(locate(path), true)
        if (text === null) throw new Error(`${path} has not been read within ${TIMEOUT_MS} ms`)
        return text
      } catch (error) {
        if (isAbsence(error, ABSENT)) return null
        throw error
      }
    },
    listStuck: () => [...spaces.listOverdue(), ...files.listOverdue()],
    list: (path) => orIfAbsent([], () => readdirSync(locate(path))),
    listNumbers: (path) => listNumbers(locate(path)),
    listFolders: (path) =>
      orIfAbsent([], () => readdirSync(locate(path), { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name),
    countLinks: (path) => statSync(locate(path), { throwIfNoEntry: false })?.nlink ?? 0,
    has: (path) => existsSync(locate(path)),
    readLink: (path) => orIfAbsent(null, () => readlinkSync(locate(path)), NO_LINK),
    statfs(path, options = {}) {
      const full = locate(path) || '/'
      return options.quick ? callQuickly(full) : spaces.call(full, options.remote ?? false)
    },
    haveMountsChanged: () => mounts?.hasChanged() ?? true,
    readClock: readKernelClock,
  }
}

/**
 * The kernel gives `/proc/net` and the mounts of the reader, which is a container here, and the name of the
 * container; the first process of the machine has those of the machine.
 */
function nameForHost(prefix: string, path: string): string {
  if (path.startsWith('/proc/net/')) return `/proc/1/net/${path.slice('/proc/net/'.length)}`
  if (path === '/proc/self/mountinfo') return '/proc/1/mountinfo'
  if (path === '/proc/sys/kernel/hostname' && existsSync(`${prefix}/etc/hostname`)) return '/etc/hostname'
  return path
}

/** For optional files: one that can't be read counts as empty. */
export function readTextOrNothing(proc: ProcFs, path: string): string {
  try {
    return proc.readTextIfThere(path) ?? ''
  } catch {
    return ''
  }
}

type GuardedCalls<Found> = {
  /** `isRemote`: as in `StatFsOptions`. Null when there was no answer in time. */
  call(path: string, isRemote: boolean): Promise<Found | null>
  listOverdue(): string[]
}

/** Keeps calls that never come back from taking the caller, or more than one thread, with them. */
function guardCalls<Found>(call: (path: string) => Promise<Found>, clock: Clock): GuardedCalls<Found> {
  const outstanding = new Set<string>()
  const overdue = new Set<string>()
  let lastRemote: Promise<unknown> = Promise.resolve()

  function callOnce(path: string): Promise<Found | null> {
    if (outstanding.has(path)) return Promise.resolve(null)
    outstanding.add(path)
    return new Promise((resolve, reject) => {
      const timer = clock.after(TIMEOUT_MS, () => {
        overdue.add(path)
        resolve(null)
      })
      const settle = (answer: () => void) => {
        outstanding.delete(path)
        overdue.delete(path)
        timer.cancel()
        answer()
      }
      call(path).then(
        (found) => settle(() => resolve(found)),
        (error: unknown) => settle(() => reject(error)),
      )
    })
  }

  return {
    call(path, isRemote) {
      if (!isRemote) return callOnce(path)
      const answer = lastRemote.then(() => (overdue.size > 0 ? null : callOnce(path)))
      lastRemote = answer.catch(() => {})
      return answer
    },
    listOverdue: () => [...overdue],
  }
}

function callReadFile(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    nodeReadFile(path, 'utf8', (error, text) => (error ? reject(error) : resolve(text)))
  })
}

function callStatFs(path: string): Promise<StatFs> {
  return new Promise((resolve, reject) => {
    nodeStatFs(path, (error, found) => (error ? reject(error) : resolve(toStatFs(found))))
  })
}

function callQuickly(path: string): StatFs | Promise<StatFs> {
  try {
    return toStatFs(statfsSync(path))
  } catch (error) {
    return Promise.reject(error)
  }
}

function toStatFs(found: StatsFs): StatFs {
  return {
    // The counts are in fragments, which FUSE and NFS may make smaller than the block.
    blockSize: found.frsize > 0 ? found.frsize : found.bsize,
    blocks: found.blocks,
    blocksFree: found.bfree,
    blocksAvailable: found.bavail,
    files: found.files,
    filesFree: found.ffree,
  }
}

/** The device behind a file in /sys may vanish between looking and reading: ENODEV and ENXIO. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'ESRCH'])
/** EINVAL: a file or folder that is not a link. */
const NO_LINK = new Set([...ABSENT, 'EINVAL'])

function orIfAbsent<Value>(absent: Value, read: () => Value, codes: ReadonlySet<string> = ABSENT): Value {
  try {
    return read()
  } catch (error) {
    if (isAbsence(error, codes)) return absent
    throw error
  }
}

const isAbsence = (error: unknown, codes: ReadonlySet<string>) =>
  error instanceof Error && 'code' in error && codes.has(String(error.code))
