import type { ProcFs } from '../../platform/proc.ts'
import { parseMountinfo } from './disks/mountinfo.ts'

/**
 * Files that a program or another machine serves in the place of the kernel or of a disk: LXCFS lies over files
 * of /proc in containers, /boot may be mounted when it is looked into. When the one that serves hangs, so does
 * whoever asks, so the files of /proc and /sys are read ahead, with a deadline, and the rest is left alone.
 */
export type ServedFiles = {
  /** Reads the copies again; undefined where nothing has to be awaited, as on nearly every machine. */
  refresh(mountinfo: string): Promise<void> | undefined
  /** The files as probes may read them: nothing that is asked of these can hang. */
  readonly guarded: ProcFs
  /** Whether one that is there could not be read. */
  hasFailed(): boolean
}

/** The table of mounts, which shows the served files; the kernel itself provides it. */
export const MOUNTINFO = '/proc/self/mountinfo'

export function watchServedFiles(proc: ProcFs): ServedFiles {
  let mountinfo = ''
  let points: readonly string[] = []
  let texts: ReadonlyMap<string, string | Error> = new Map()

  /**
   * The copy of the path: its text, the reason why there is none, or undefined when the path may be read
   * directly.
   */
  function find(path: string): string | Error | undefined {
    const found = texts.get(path)
    if (found !== undefined) return found
    const point = points.find((other) => path === other || path.startsWith(`${other}/`))
    return point === undefined ? undefined : new Error(`${path} is not read: a program serves ${point}`)
  }

  /** `absent` is the answer for files that can't be read. */
  const guard =
    <Answer>(ask: (path: string) => Answer, absent: Answer) =>
    (path: string): Answer =>
      points.length > 0 && find(path) !== undefined ? absent : ask(path)

  const read =
    <Answer>(ask: (path: string) => Answer) =>
    (path: string): string | Answer => {
      const found = points.length === 0 ? undefined : find(path)
      if (found instanceof Error) throw found
      return found ?? ask(path)
    }

  return {
    refresh(text) {
      if (text !== mountinfo) {
        mountinfo = text
        points = findServed(text)
        texts = new Map()
      }
      const files = points.filter(isOfKernel)
      if (files.length === 0) return undefined
      return Promise.all(files.map((path) => readAhead(proc, path))).then((found) => {
        texts = new Map(found)
      })
    },
    hasFailed: () => [...texts.values()].some((found) => found instanceof Error),
    guarded: {
      ...proc,
      readText: read(proc.readText),
      readTextIfThere: read(proc.readTextIfThere),
      list: guard(proc.list, []),
      listNumbers: guard(proc.listNumbers, []),
      listFolders: guard(proc.listFolders, []),
      countLinks: guard(proc.countLinks, 0),
      has: (path) => {
        const found = points.length === 0 ? undefined : find(path)
        return found === undefined ? proc.has(path) : typeof found === 'string'
      },
      readLink: guard(proc.readLink, null),
    },
  }
}

async function readAhead(proc: ProcFs, path: string): Promise<[string, string | Error]> {
  try {
    return [path, (await proc.readSlowly(path)) ?? new Error(`${path} is not there`)]
  } catch (error) {
    return [path, error instanceof Error ? error : new Error(String(error))]
  }
}

/** Each costs a read a cycle, one after the other; LXCFS has some fifteen. */
const MAX_SERVED = 64

/** Outside of /proc and /sys these are what probes look into. */
const LOOKED_INTO = ['/etc', '/boot', '/lib/modules', '/run', '/usr', '/var/cache', '/var/lib']

/**
 * Mount points at which a program serves files of /proc and /sys, and those of programs and other machines over
 * the other folders that probes look into. The root itself is always read.
 */
export function findServed(mountinfo: string): string[] {
  if (!/ - (fuse|autofs|nfs|cifs|smb3|9p|ceph)/.test(mountinfo)) return []
  // The newest mount of a folder hides those before it.
  const visible = new Map(parseMountinfo(mountinfo).map((mount) => [mount.mountPoint, mount]))
  return [...visible.values()]
    .filter(({ mountPoint, type }) =>
      isOfKernel(mountPoint) ? /^fuse(\.|$)/.test(type) : isLookedInto(mountPoint) && SERVED.test(type),
    )
    .map(({ mountPoint }) => mountPoint)
    .slice(0, MAX_SERVED)
}

/** A folder that is mounted when it is opened (autofs) may take as long as the mount itself. */
const SERVED = /^(fuse|autofs|nfs\d?|cifs|smb3|9p|ceph)(\.|$)/

const isOfKernel = (path: string) => /^\/(proc|sys)\//.test(path)

const isLookedInto = (point: string) =>
  LOOKED_INTO.some((folder) => folder === point || folder.startsWith(`${point}/`))
