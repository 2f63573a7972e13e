import type { SystemTimes, WindowsMemory } from '../win32.ts'
import { describeFailure, openSystemLibrary, readCount, readWide, viewOf } from './library.ts'

export type SystemCalls = {
  readSystemTimes(): SystemTimes
  readMemory(): WindowsMemory
  /** Bytes. */
  readPageSize(): number
  readUptimeMs(): number
  /** Ticks a second of the clock that counters of time are in. */
  readTickRate(): number
  countProcesses(): number
  /** Logical processors of all groups. */
  countProcessors(): number
  readName(kind: 'host' | 'domain'): string
  readVersion(): { major: number; minor: number; build: number; isServer: boolean }
  lastError(): number
}

/** Processor, memory, time and version. */
export function openSystemCalls(): SystemCalls {
  const kernel = openSystemLibrary('kernel32.dll', KERNEL)
  const native = openSystemLibrary('ntdll.dll', NATIVE)
  const lastError = () => kernel.GetLastError()

  function readPerformance(): DataView {
    const memory = new Uint8Array(PERFORMANCE_INFORMATION.size)
    const view = viewOf(memory)
    view.setUint32(0, memory.length, true)
    if (kernel.K32GetPerformanceInfo(memory, memory.length) === 0)
      throw describeFailure('GetPerformanceInfo', lastError())
    return view
  }
  const readPageSize = () => readCount(readPerformance(), PERFORMANCE_INFORMATION.PageSize)

  return {
    readSystemTimes() {
      // Three FILETIME, each a 64-bit count of 100 ns.
      const memory = new Uint8Array(24)
      const [idle, kernelTime, user] = [memory.subarray(0, 8), memory.subarray(8, 16), memory.subarray(16)]
      if (kernel.GetSystemTimes(idle ?? null, kernelTime ?? null, user ?? null) === 0)
        throw describeFailure('GetSystemTimes', lastError())
      const view = viewOf(memory)
      return { idle: readCount(view, 0), kernel: readCount(view, 8), user: readCount(view, 16) }
    },
    readMemory() {
      const memory = new Uint8Array(MEMORYSTATUSEX.size)
      const view = viewOf(memory)
      view.setUint32(0, memory.length, true)
      if (kernel.GlobalMemoryStatusEx(memory) === 0)
        throw describeFailure('GlobalMemoryStatusEx', lastError())
      // Its figures of the paging file are those of our own process where that is limited, so commit comes
      // from elsewhere.
      const performance = readPerformance()
      const inBytes = (offset: number) =>
        readCount(performance, offset) * readCount(performance, PERFORMANCE_INFORMATION.PageSize)
      return {
        total: readCount(view, MEMORYSTATUSEX.ullTotalPhys),
        available: readCount(view, MEMORYSTATUSEX.ullAvailPhys),
        cached: inBytes(PERFORMANCE_INFORMATION.SystemCache),
        committed: inBytes(PERFORMANCE_INFORMATION.CommitTotal),
        commitLimit: inBytes(PERFORMANCE_INFORMATION.CommitLimit),
      }
    },
    readPageSize,
    readTickRate() {
      const frequency = new BigInt64Array(1)
      return kernel.QueryPerformanceFrequency(frequency) === 0 ? 0 : Number(frequency[0] ?? 0n)
    },
    readUptimeMs: () => Number(kernel.GetTickCount64()),
    countProcesses: () => readPerformance().getUint32(PERFORMANCE_INFORMATION.ProcessCount, true),
    countProcessors: () => kernel.GetActiveProcessorCount(ALL_PROCESSOR_GROUPS),
    readName(kind) {
      // A DNS name has 255 characters at most; a domain that is not set gives the empty text.
      const memory = new Uint8Array(2 * 512)
      const characters = new Uint32Array([512])
      if (kernel.GetComputerNameExW(NAME_KINDS[kind], memory, characters) === 0)
        throw describeFailure('GetComputerNameExW', lastError())
      return readWide(memory)
    },
    readVersion() {
      const memory = new Uint8Array(OSVERSIONINFOEXW.size)
      const view = viewOf(memory)
      view.setUint32(0, memory.length, true)
      const status = native.RtlGetVersion(memory)
      if (status !== 0) throw describeFailure('RtlGetVersion', status)
      return {
        major: view.getUint32(OSVERSIONINFOEXW.dwMajorVersion, true),
        minor: view.getUint32(OSVERSIONINFOEXW.dwMinorVersion, true),
        build: view.getUint32(OSVERSIONINFOEXW.dwBuildNumber, true),
        isServer: view.getUint8(OSVERSIONINFOEXW.wProductType) !== VER_NT_WORKSTATION,
      }
    },
    lastError,
  }
}

const KERNEL = {
  // BOOL GetSystemTimes(PFILETIME idle, PFILETIME kernel, PFILETIME user)
  GetSystemTimes: { args: ['ptr', 'ptr', 'ptr'], returns: 'i32' },
  // BOOL GlobalMemoryStatusEx(LPMEMORYSTATUSEX status)
  GlobalMemoryStatusEx: { args: ['ptr'], returns: 'i32' },
  // BOOL K32GetPerformanceInfo(PPERFORMANCE_INFORMATION information, DWORD size)
  K32GetPerformanceInfo: { args: ['ptr', 'u32'], returns: 'i32' },
  // BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency)
  QueryPerformanceFrequency: { args: ['ptr'], returns: 'i32' },
  // ULONGLONG GetTickCount64(void)
  GetTickCount64: { args: [], returns: 'u64' },
  // DWORD GetActiveProcessorCount(WORD group)
  GetActiveProcessorCount: { args: ['u16'], returns: 'u32' },
  // BOOL GetComputerNameExW(COMPUTER_NAME_FORMAT type, LPWSTR buffer, LPDWORD characters)
  GetComputerNameExW: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  // DWORD GetLastError(void)
  GetLastError: { args: [], returns: 'u32' },
} as const

const NATIVE = {
  // NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOEXW information); GetVersionEx reports 6.2 to programs without a
  // manifest.
  RtlGetVersion: { args: ['ptr'], returns: 'i32' },
} as const

const ALL_PROCESSOR_GROUPS = 0xffff
const VER_NT_WORKSTATION = 1

/**
 * COMPUTER_NAME_FORMAT: of the machine itself, also where it is a node of a cluster that has a name of its
 * own.
 */
const NAME_KINDS = { host: 5 /* ComputerNamePhysicalDnsHostname */, domain: 6 /* …DnsDomain */ } as const

/** sysinfoapi.h: DWORD dwLength, DWORD dwMemoryLoad, then DWORDLONGs. */
export const MEMORYSTATUSEX = { size: 64, ullTotalPhys: 8, ullAvailPhys: 16 } as const

/** psapi.h: DWORD cb, then SIZE_Ts in pages, PageSize in bytes, three DWORDs. */
export const PERFORMANCE_INFORMATION = {
  size: 104,
  CommitTotal: 8,
  CommitLimit: 16,
  SystemCache: 48,
  PageSize: 80,
  ProcessCount: 92,
} as const

/** winnt.h: five DWORDs, WCHAR szCSDVersion[128], three WORDs, two BYTEs. */
export const OSVERSIONINFOEXW = {
  size: 284,
  dwMajorVersion: 4,
  dwMinorVersion: 8,
  dwBuildNumber: 12,
  wProductType: 282,
} as const
