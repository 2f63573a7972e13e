import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  listDrivePaths,
  PAGE_FILE_PATH,
  toDriveCounters,
  toPageFile,
} from '../../src/platform/win32/counter-values.ts'
import type { Win32, WindowsIdentity, WindowsInterface } from '../../src/platform/win32.ts'

/**
 * What Windows answered at one time, as test/fixtures/win32 keeps it. Counters are raw, their values as text.
 */
export type WindowsState = {
  readonly systemTimes: ReturnType<Win32['readSystemTimes']>
  readonly memory: ReturnType<Win32['readMemory']>
  readonly uptimeMs: number
  readonly processes: number
  readonly programs: readonly string[]
  readonly drives: ReturnType<Win32['listDrives']>
  readonly counters: Readonly<Record<string, { readonly first: string; readonly second: string }>>
  readonly interfaces: readonly WindowsInterface[]
  readonly services: Readonly<Record<string, boolean>>
  readonly tcp: ReturnType<Win32['readTcpCounts']>
  readonly stoppedServices?: readonly string[]
  readonly identity: WindowsIdentity
  /** Absent: it waits for none. */
  readonly isRebootPending?: boolean
}

/** States of one machine that lie 60 s apart. */
export function readStates(name: string): WindowsState[] {
  const file = join(import.meta.dir, '..', 'fixtures', 'win32', `${name}.json`)
  return JSON.parse(readFileSync(file, 'utf8'))
}

export function fakeWin32(state: WindowsState): Win32 {
  const readCounters = (paths: readonly string[]) =>
    new Map(
      paths.map((path) => {
        const found = state.counters[path]
        return [path, found ? { first: BigInt(found.first), second: BigInt(found.second) } : null]
      }),
    )
  return {
    readSystemTimes: () => state.systemTimes,
    readMemory: () => state.memory,
    readPageFile: () => toPageFile(readCounters([PAGE_FILE_PATH]), 4096),
    readUptimeMs: () => state.uptimeMs,
    countProcesses: () => state.processes,
    listPrograms: () => [...state.programs],
    listDrives: () => [...state.drives],
    readDriveCounters(letters) {
      const found = readCounters(listDrivePaths(letters))
      return new Map(letters.map((letter) => [letter, toDriveCounters(found, letter, 10_000_000)]))
    },
    listInterfaces: () => [...state.interfaces],
    readServices: (names) => new Map(names.map((name) => [name, state.services[name] ?? false])),
    listStoppedServices: () => [...(state.stoppedServices ?? [])],
    readTcpCounts: () => state.tcp,
    isRebootPending: () => state.isRebootPending ?? false,
    readIdentity: () => state.identity,
    close() {},
  }
}
