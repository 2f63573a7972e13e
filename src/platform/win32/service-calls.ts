import { ptr } from 'bun:ffi'
import { openSystemLibrary, readWide, toWide, viewOf } from './library.ts'

/** A call that Windows refused, with its number: winerror.h. */
export class WindowsError extends Error {
  readonly code: number
  constructor(call: string, code: number) {
    super(
      code === ERROR_ACCESS_DENIED
        ? 'services are for administrators to change: try it in a prompt that was opened with "Run as administrator"'
        : `${call} failed with Windows error ${code}`,
    )
    this.code = code
  }
}

const ERROR_ACCESS_DENIED = 5
const ERROR_INVALID_LEVEL = 124
export const ERROR_SERVICE_ALREADY_RUNNING = 1056
export const ERROR_SERVICE_DOES_NOT_EXIST = 1060
export const ERROR_SERVICE_NOT_ACTIVE = 1062
export const ERROR_SERVICE_EXISTS = 1073

/** Rights, winsvc.h and winnt.h. */
export const ACCESS = {
  manager: { connect: 0x1, create: 0x2 },
  service: {
    queryConfig: 0x1,
    changeConfig: 0x2,
    queryStatus: 0x4,
    start: 0x10,
    stop: 0x20,
    delete: 0x10000,
  },
} as const

export type Registration = {
  readonly title: string
  /** Program and arguments, quoted. */
  readonly commandLine: string
  readonly account: string
}

export type RawStatus = {
  readonly state: number
  readonly exitCode: number
  readonly specificExitCode: number
  readonly pid: number
}

/** The service manager's functions with handles; each throws `WindowsError`. */
export type ServiceCalls = {
  openManager(access: number): bigint
  openService(manager: bigint, name: string, access: number): bigint
  create(manager: bigint, name: string, registration: Registration, access: number): bigint
  change(service: bigint, registration: Registration): void
  /** Its display name, and what happens when it fails. */
  describe(service: bigint, doc: string, restartDelaysMs: readonly number[]): void
  start(service: bigint): void
  stop(service: bigint): void
  remove(service: bigint): void
  readStatus(service: bigint): RawStatus
  /** Program and words that the service is started with. */
  readCommandLine(service: bigint): string
  /** winnt.h: 2 starts with the machine, 3 on demand, 4 disabled. */
  readStartType(service: bigint): number
  close(handle: bigint): void
}

export function openServiceCalls(): ServiceCalls {
  return new SystemServiceCalls()
}

class SystemServiceCalls implements ServiceCalls {
  readonly #kernel = openSystemLibrary('kernel32.dll', { GetLastError: { args: [], returns: 'u32' } })
  readonly #advapi = openSystemLibrary('advapi32.dll', SIGNATURES)

  openManager(access: number) {
    return this.#needHandle('OpenSCManager', this.#advapi.OpenSCManagerW(null, null, access))
  }

  openService(manager: bigint, name: string, access: number) {
    return this.#needHandle('OpenService', this.#advapi.OpenServiceW(manager, toWide(name), access))
  }

  create(manager: bigint, name: string, { title, commandLine, account }: Registration, access: number) {
    const texts = [name, title, commandLine, account].map(toWide)
    const [wideName = null, wideTitle = null, wideLine = null, wideAccount = null] = texts
    const handle = this.#advapi.CreateServiceW(
      manager,
      wideName,
      wideTitle,
      access,
      SERVICE_WIN32_OWN_PROCESS,
      SERVICE_AUTO_START,
      SERVICE_ERROR_NORMAL,
      wideLine,
      null,
      null,
      null,
      wideAccount,
      null,
    )
    return this.#needHandle('CreateService', handle)
  }

  change(service: bigint, { title, commandLine, account }: Registration) {
    const [wideTitle = null, wideLine = null, wideAccount = null] = [title, commandLine, account].map(toWide)
    const done = this.#advapi.ChangeServiceConfigW(
      service,
      SERVICE_WIN32_OWN_PROCESS,
      SERVICE_AUTO_START,
      SERVICE_ERROR_NORMAL,
      wideLine,
      null,
      null,
      null,
      wideAccount,
      null,
      wideTitle,
    )
    this.#need('ChangeServiceConfig', done)
  }

  describe(service: bigint, doc: string, restartDelaysMs: readonly number[]) {
    const text = toWide(doc)
    // SERVICE_DESCRIPTIONW { LPWSTR }
    this.#configure(service, SERVICE_CONFIG_DESCRIPTION, bytesOf(new BigUint64Array([BigInt(ptr(text))])))
    // SERVICE_DELAYED_AUTO_START_INFO { BOOL }
    this.#configure(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, bytesOf(new Uint32Array([1])))
    const actions = new Uint32Array(restartDelaysMs.flatMap((delay) => [SC_ACTION_RESTART, delay]))
    const failure = new Uint8Array(SERVICE_FAILURE_ACTIONSW.size)
    const view = viewOf(failure)
    view.setUint32(0, FORGET_FAILURES_AFTER_SECONDS, true)
    view.setUint32(SERVICE_FAILURE_ACTIONSW.cActions, restartDelaysMs.length, true)
    view.setBigUint64(SERVICE_FAILURE_ACTIONSW.lpsaActions, BigInt(ptr(actions)), true)
    this.#configure(service, SERVICE_CONFIG_FAILURE_ACTIONS, failure)
    // SERVICE_FAILURE_ACTIONS_FLAG { BOOL }: an end with another code than 0 is a failure, too, not only a
    // crash.
    this.#configure(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, bytesOf(new Uint32Array([1])))
  }

  start(service: bigint) {
    this.#need('StartService', this.#advapi.StartServiceW(service, 0, null))
  }

  stop(service: bigint) {
    this.#need(
      'ControlService',
      this.#advapi.ControlService(service, SERVICE_CONTROL_STOP, new Uint8Array(28)),
    )
  }

  remove(service: bigint) {
    this.#need('DeleteService', this.#advapi.DeleteService(service))
  }

  readStatus(service: bigint): RawStatus {
    const status = new Uint8Array(SERVICE_STATUS_PROCESS.size)
    const needed = new Uint32Array(1)
    this.#need(
      'QueryServiceStatusEx',
      this.#advapi.QueryServiceStatusEx(service, 0, status, status.length, needed),
    )
    const view = viewOf(status)
    return {
      state: view.getUint32(SERVICE_STATUS_PROCESS.dwCurrentState, true),
      exitCode: view.getUint32(SERVICE_STATUS_PROCESS.dwWin32ExitCode, true),
      specificExitCode: view.getUint32(SERVICE_STATUS_PROCESS.dwServiceSpecificExitCode, true),
      pid: view.getUint32(SERVICE_STATUS_PROCESS.dwProcessId, true),
    }
  }

  readCommandLine(service: bigint): string {
    const config = this.#readConfig(service)
    const address = viewOf(config).getBigUint64(QUERY_SERVICE_CONFIGW.lpBinaryPathName, true)
    return address === 0n ? '' : readWide(config, Number(address - BigInt(ptr(config))))
  }

  readStartType(service: bigint): number {
    return viewOf(this.#readConfig(service)).getUint32(QUERY_SERVICE_CONFIGW.dwStartType, true)
  }

  close(handle: bigint) {
    this.#advapi.CloseServiceHandle(handle)
  }

  #need(call: string, done: number) {
    if (done === 0) throw new WindowsError(call, this.#kernel.GetLastError())
  }

  #needHandle(call: string, handle: bigint): bigint {
    if (handle === 0n) throw new WindowsError(call, this.#kernel.GetLastError())
    return handle
  }

  /** A level that this system does not know (Wine lacks some) is done without. */
  #configure(service: bigint, level: number, info: Uint8Array) {
    if (this.#advapi.ChangeServiceConfig2W(service, level, info) !== 0) return
    const code = this.#kernel.GetLastError()
    if (code !== ERROR_INVALID_LEVEL) throw new WindowsError('ChangeServiceConfig2', code)
  }

  /** A QUERY_SERVICE_CONFIGW; its texts follow in the same memory. 8 KB is the largest possible size. */
  #readConfig(service: bigint): Uint8Array {
    const config = new BigUint64Array(1024)
    const needed = new Uint32Array(1)
    this.#need(
      'QueryServiceConfig',
      this.#advapi.QueryServiceConfigW(service, config, config.byteLength, needed),
    )
    return new Uint8Array(config.buffer)
  }
}

/** Offsets of the fields that are read. */
const QUERY_SERVICE_CONFIGW = { dwStartType: 4, lpBinaryPathName: 16 } as const

const SIGNATURES = {
  // SC_HANDLE OpenSCManagerW(LPCWSTR machine, LPCWSTR database, DWORD access)
  OpenSCManagerW: { args: ['ptr', 'ptr', 'u32'], returns: 'i64' },
  // SC_HANDLE OpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access)
  OpenServiceW: { args: ['i64', 'ptr', 'u32'], returns: 'i64' },
  // SC_HANDLE CreateServiceW(SC_HANDLE manager, LPCWSTR name, LPCWSTR title, DWORD access, DWORD type, DWORD
  // start, DWORD errorControl, LPCWSTR commandLine, LPCWSTR group, LPDWORD tag, LPCWSTR dependencies, LPCWSTR
  // account, LPCWSTR password)
  CreateServiceW: {
    args: ['i64', 'ptr', 'ptr', 'u32', 'u32', 'u32', 'u32', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr'],
    returns: 'i64',
  },
  // BOOL ChangeServiceConfigW(SC_HANDLE service, DWORD type, DWORD start, DWORD errorControl, LPCWSTR
  // commandLine, LPCWSTR group, LPDWORD tag, LPCWSTR dependencies, LPCWSTR account, LPCWSTR password, LPCWSTR
  // title)
  ChangeServiceConfigW: {
    args: ['i64', 'u32', 'u32', 'u32', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr'],
    returns: 'i32',
  },
  // BOOL ChangeServiceConfig2W(SC_HANDLE service, DWORD level, LPVOID info)
  ChangeServiceConfig2W: { args: ['i64', 'u32', 'ptr'], returns: 'i32' },
  // BOOL StartServiceW(SC_HANDLE service, DWORD count, LPCWSTR *arguments)
  StartServiceW: { args: ['i64', 'u32', 'ptr'], returns: 'i32' },
  // BOOL ControlService(SC_HANDLE service, DWORD control, LPSERVICE_STATUS status)
  ControlService: { args: ['i64', 'u32', 'ptr'], returns: 'i32' },
  // BOOL DeleteService(SC_HANDLE service)
  DeleteService: { args: ['i64'], returns: 'i32' },
  // BOOL QueryServiceStatusEx(SC_HANDLE service, SC_STATUS_TYPE level, LPBYTE buffer, DWORD size, LPDWORD
  // needed)
  QueryServiceStatusEx: { args: ['i64', 'i32', 'ptr', 'u32', 'ptr'], returns: 'i32' },
  // BOOL QueryServiceConfigW(SC_HANDLE service, LPQUERY_SERVICE_CONFIGW config, DWORD size, LPDWORD needed)
  QueryServiceConfigW: { args: ['i64', 'ptr', 'u32', 'ptr'], returns: 'i32' },
  // BOOL CloseServiceHandle(SC_HANDLE object)
  CloseServiceHandle: { args: ['i64'], returns: 'i32' },
} as const

const bytesOf = (numbers: BigUint64Array | Uint32Array) => new Uint8Array(numbers.buffer)

const SERVICE_WIN32_OWN_PROCESS = 0x10
const SERVICE_AUTO_START = 2
const SERVICE_ERROR_NORMAL = 1
const SERVICE_CONTROL_STOP = 1
const SERVICE_CONFIG_DESCRIPTION = 1
const SERVICE_CONFIG_FAILURE_ACTIONS = 2
const SERVICE_CONFIG_DELAYED_AUTO_START_INFO = 3
const SERVICE_CONFIG_FAILURE_ACTIONS_FLAG = 4
const SC_ACTION_RESTART = 1
const FORGET_FAILURES_AFTER_SECONDS = 3600

/**
 * winsvc.h: DWORD dwResetPeriod, LPWSTR lpRebootMsg, LPWSTR lpCommand, DWORD cActions, SC_ACTION *lpsaActions
 * of two DWORDs each.
 */
export const SERVICE_FAILURE_ACTIONSW = { size: 40, cActions: 24, lpsaActions: 32 } as const

/** winsvc.h: nine DWORDs. */
export const SERVICE_STATUS_PROCESS = {
  size: 36,
  dwCurrentState: 4,
  dwWin32ExitCode: 12,
  dwServiceSpecificExitCode: 16,
  dwProcessId: 28,
} as const
