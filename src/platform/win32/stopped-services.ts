import { ptr } from 'bun:ffi'
import { describeFailure, openSystemLibrary, readWide, viewOf } from './library.ts'
import type { Registry } from './registry.ts'
import { SERVICE_STATUS_PROCESS } from './service-calls.ts'

/** Windows' description of a service that does not run. */
export type StoppedService = {
  readonly name: string
  /** Of the last end; 0 is a good one. */
  readonly exitCode: number
}

/** How the registry has a service. */
export type ServiceStart = {
  /** winnt.h: 2 starts with the machine. */
  readonly start: number | null
  readonly isDelayed: boolean
  /** Windows starts it when something happens, and it ends when there is nothing to do. */
  readonly isTriggered: boolean
}

/**
 * Names of services that should run and do not: those that start with the machine. Left out are those that end
 * by themselves: with a trigger, and with a delayed start where the last end was a good one, as updaters do.
 */
export function chooseStopped(
  stopped: readonly StoppedService[],
  readStart: (name: string) => ServiceStart,
): string[] {
  return stopped
    .filter(({ name, exitCode }) => {
      const { start, isDelayed, isTriggered } = readStart(name)
      return start === SERVICE_AUTO_START && !isTriggered && !(isDelayed && exitCode === 0)
    })
    .map(({ name }) => name)
}

const SERVICE_AUTO_START = 2

/** Lists them; any account may. */
export function openStoppedServices(lastError: () => number, registry: Registry): () => string[] {
  const advapi = openSystemLibrary('advapi32.dll', {
    // SC_HANDLE OpenSCManagerW(LPCWSTR machine, LPCWSTR database, DWORD access)
    OpenSCManagerW: { args: ['ptr', 'ptr', 'u32'], returns: 'i64' },
    // BOOL EnumServicesStatusExW(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state, LPBYTE services,
    // DWORD size, LPDWORD needed, LPDWORD returned, LPDWORD resume, LPCWSTR group)
    EnumServicesStatusExW: {
      args: ['i64', 'i32', 'u32', 'u32', 'ptr', 'u32', 'ptr', 'ptr', 'ptr', 'ptr'],
      returns: 'i32',
    },
    // BOOL CloseServiceHandle(SC_HANDLE object)
    CloseServiceHandle: { args: ['i64'], returns: 'i32' },
  })

  function listStopped(manager: bigint): StoppedService[] {
    const found: StoppedService[] = []
    const [needed, returned, resume] = [new Uint32Array(1), new Uint32Array(1), new Uint32Array(1)]
    const services = new Uint8Array(BUFFER)
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const done = advapi.EnumServicesStatusExW(
        manager,
        SC_ENUM_PROCESS_INFO,
        SERVICE_WIN32,
        SERVICE_INACTIVE,
        services,
        services.length,
        needed,
        returned,
        resume,
        null,
      )
      const code = done === 0 ? lastError() : 0
      if (code !== 0 && code !== ERROR_MORE_DATA) throw describeFailure('EnumServicesStatusEx', code)
      found.push(...parseServices(services, returned[0] ?? 0, BigInt(ptr(services))))
      if (code === 0) break
    }
    return found
  }

  const readStart = (name: string): ServiceStart => {
    const key = `SYSTEM\\CurrentControlSet\\Services\\${name}`
    return {
      start: registry.readNumber(key, 'Start'),
      isDelayed: registry.readNumber(key, 'DelayedAutostart') === 1,
      isTriggered: registry.hasKey(`${key}\\TriggerInfo`),
    }
  }

  return () => {
    const manager = advapi.OpenSCManagerW(null, null, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE)
    if (manager === 0n) throw describeFailure('OpenSCManager', lastError())
    try {
      return chooseStopped(listStopped(manager), readStart)
    } finally {
      advapi.CloseServiceHandle(manager)
    }
  }
}

/** The largest buffer of the call. */
const BUFFER = 256 * 1024
const MAX_ROUNDS = 16

const SC_MANAGER_CONNECT = 0x0001
const SC_MANAGER_ENUMERATE_SERVICE = 0x0004
const SC_ENUM_PROCESS_INFO = 0
/** Processes of their own and shared ones; no drivers. */
const SERVICE_WIN32 = 0x30
const SERVICE_INACTIVE = 2
const SERVICE_STOPPED = 1
const ERROR_MORE_DATA = 234

/** The first `count` structures of `memory`, which begins at `address`; their names follow them. */
export function parseServices(memory: Uint8Array, count: number, address: bigint): StoppedService[] {
  const view = viewOf(memory)
  const { size, lpServiceName, ServiceStatusProcess } = ENUM_SERVICE_STATUS_PROCESSW
  const most = Math.min(count, Math.floor(memory.length / size))
  return Array.from({ length: most }, (_, i) => i * size).flatMap((at): StoppedService[] => {
    const name = Number(view.getBigUint64(at + lpServiceName, true) - address)
    const status = at + ServiceStatusProcess
    const state = view.getUint32(status + SERVICE_STATUS_PROCESS.dwCurrentState, true)
    if (state !== SERVICE_STOPPED || name < 0 || name >= memory.length) return []
    const exitCode = view.getUint32(status + SERVICE_STATUS_PROCESS.dwWin32ExitCode, true)
    return [{ name: readWide(memory, name), exitCode }]
  })
}

/** winsvc.h: LPWSTR name, LPWSTR title, SERVICE_STATUS_PROCESS. */
export const ENUM_SERVICE_STATUS_PROCESSW = { size: 56, lpServiceName: 0, ServiceStatusProcess: 16 } as const
