import { join } from 'node:path'
import type { KernelClock } from '../../src/platform/kernel-clock.ts'
import { openProcFs, type ProcFs, type StatFs } from '../../src/platform/proc.ts'

export type FakeProcOptions = {
  /** A folder below test/fixtures/proc; its files are there besides those below. */
  readonly machine?: string
  /** Text by path; folders follow from the paths. An error is thrown at reading. */
  readonly files?: Readonly<Record<string, string | Error>>
  readonly links?: Readonly<Record<string, string>>
  readonly statfs?: ProcFs['statfs']
  readonly clock?: KernelClock | null
}

/** A machine made of a fixture and of what a test adds to it. */
export function fakeProc({
  machine = '',
  files = {},
  links = {},
  statfs,
  clock = null,
}: FakeProcOptions): ProcFs {
  const base = openProcFs(join(import.meta.dir, '../fixtures/proc', machine === '' ? 'none' : machine))
  const readTextIfThere = (path: string) => {
    const text = files[path] ?? base.readTextIfThere(path)
    if (text instanceof Error) throw text
    return text
  }
  const list = (path: string) => {
    const below = [...Object.keys(files), ...Object.keys(links)]
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1).split('/')[0] ?? '')
    return [...new Set([...base.list(path), ...below])]
  }
  return {
    readTextIfThere,
    readText(path) {
      const text = readTextIfThere(path)
      if (text === null) throw new Error(`ENOENT: ${path}`)
      return text
    },
    readSlowly: async (path) => readTextIfThere(path),
    listStuck: () => [],
    list,
    listNumbers: (path) =>
      list(path)
        .filter((name) => /^\d+$/.test(name))
        .map(Number),
    listFolders: list,
    // As on btrfs and overlay, where the number of links says nothing.
    countLinks: () => 1,
    has: (path) => path in files || path in links || base.has(path) || list(path).length > 0,
    readLink: (path) => links[path] ?? null,
    statfs: statfs ?? (async () => space()),
    haveMountsChanged: () => true,
    readClock: () => clock,
  }
}

/** 1000 blocks of 4096 bytes, 400 of them used, 100 kept for root; half of the inodes used. */
export function space(change: Partial<StatFs> = {}): StatFs {
  return {
    blockSize: 4096,
    blocks: 1000,
    blocksFree: 600,
    blocksAvailable: 500,
    files: 2000,
    filesFree: 1000,
    ...change,
  }
}
