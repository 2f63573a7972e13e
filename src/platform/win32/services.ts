import { describeFailure, openSystemLibrary, toWide, viewOf } from './library.ts'
import { SERVICE_STATUS_PROCESS } from './service-calls.ts'

/** Asks the service manager which services run; any account may. */
export function openServiceStates(
  lastError: () => number,
): (names: readonly string[]) => ReadonlyMap<string, boolean> {
  const advapi = openSystemLibrary('advapi32.dll', {
    // SC_HANDLE OpenSCManagerW(LPCWSTR machine, LPCWSTR database, DWORD access)
    OpenSCManagerW: { args: ['ptr', 'ptr', 'u32'], returns: 'i64' },
    // SC_HANDLE OpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access)
    OpenServiceW: { args: ['i64', 'ptr', 'u32'], returns: 'i64' },
    // BOOL QueryServiceStatusEx(SC_HANDLE service, SC_STATUS_TYPE level, LPBYTE buffer, DWORD size, LPDWORD
    // needed)
    QueryServiceStatusEx: { args: ['i64', 'i32', 'ptr', 'u32', 'ptr'], returns: 'i32' },
    // BOOL CloseServiceHandle(SC_HANDLE object)
    CloseServiceHandle: { args: ['i64'], returns: 'i32' },
  })

  function isRunning(manager: bigint, name: string): boolean {
    const service = advapi.OpenServiceW(manager, toWide(name), SERVICE_QUERY_STATUS)
    if (service === 0n) {
      const code = lastError()
      if (code === ERROR_SERVICE_DOES_NOT_EXIST || code === ERROR_INVALID_NAME) return false
      throw describeFailure(`OpenService of ${name}`, code)
    }
    try {
      const status = new Uint8Array(SERVICE_STATUS_PROCESS.size)
      const needed = new Uint32Array(1)
      if (advapi.QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, status, status.length, needed) === 0)
        throw describeFailure(`QueryServiceStatusEx of ${name}`, lastError())
      return viewOf(status).getUint32(SERVICE_STATUS_PROCESS.dwCurrentState, true) === SERVICE_RUNNING
    } finally {
      advapi.CloseServiceHandle(service)
    }
  }

  return (names) => {
    const manager = advapi.OpenSCManagerW(null, null, SC_MANAGER_CONNECT)
    if (manager === 0n) throw describeFailure('OpenSCManager', lastError())
    try {
      return new Map(names.map((name) => [name, isRunning(manager, name)]))
    } finally {
      advapi.CloseServiceHandle(manager)
    }
  }
}

const SC_MANAGER_CONNECT = 0x0001
const SERVICE_QUERY_STATUS = 0x0004
const SC_STATUS_PROCESS_INFO = 0
const SERVICE_RUNNING = 4
const ERROR_INVALID_NAME = 123
const ERROR_SERVICE_DOES_NOT_EXIST = 1060
