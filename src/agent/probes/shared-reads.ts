import type { Platform } from '../../platform/platform.ts'
import type { ProcFs } from '../../platform/proc.ts'
import type { Win32 } from '../../platform/win32.ts'
import type { SeldomChanges } from './seldom-changes.ts'

/** Within one cycle everything is read once, also for two probes (memory and swap, disks and filesystems). */
export function shareReads(platform: Platform, seldom: SeldomChanges): Platform {
  if (platform.system === 'windows') return { ...platform, win32: shareDrives(platform.win32) }
  return { ...platform, proc: shareFiles(platform.proc, seldom) }
}

/** Both probes ask for the counters of all the drives. */
function shareDrives(win32: Win32): Win32 {
  let drives: ReturnType<Win32['listDrives']> | null = null
  let counters: ReturnType<Win32['readDriveCounters']> | null = null
  return {
    ...win32,
    listDrives() {
      drives ??= win32.listDrives()
      return drives
    },
    readDriveCounters(letters) {
      counters ??= win32.readDriveCounters(letters)
      return counters
    },
  }
}

function shareFiles(proc: ProcFs, seldom: SeldomChanges): ProcFs {
  const texts = new Map<string, string>()
  const lists = new Map<string, string[]>()
  return {
    ...proc,
    readText: (path) => findOrAdd(texts, path, proc.readText),
    list: (path) => findOrAdd(lists, path, proc.list),
    has: (path) => seldom.has(path, proc.has),
    readTextIfThere: (path) => seldom.readText(path, proc.readTextIfThere),
  }
}

function findOrAdd<Value>(found: Map<string, Value>, path: string, read: (path: string) => Value): Value {
  const known = found.get(path)
  if (known !== undefined) return known
  const value = read(path)
  found.set(path, value)
  return value
}
