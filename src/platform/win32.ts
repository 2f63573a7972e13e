/**
 * The calls that the agent makes to Windows. Every call into a DLL stays behind this type (`win32/` makes the
 * real calls, tests have others), because `bun:ffi` is called experimental and should be easy to replace.
 * Readings are raw; probes do the arithmetic. Methods throw when Windows refuses.
 */
export type Win32 = {
  readSystemTimes(): SystemTimes
  readMemory(): WindowsMemory
  /** Null without a paging file, and where Windows has no counter for it. */
  readPageFile(): PageFile | null
  /** Milliseconds since the machine started. */
  readUptimeMs(): number
  countProcesses(): number
  /** File names of the programs that run, as `svchost.exe`. */
  listPrograms(): string[]
  /** Local drives with a letter and a medium that stays: no network, no disc, no floppy, no `subst`. */
  listDrives(): Drive[]
  /** Counters of drives that the performance counters know, by letter. */
  readDriveCounters(letters: readonly string[]): ReadonlyMap<string, DriveCounters>
  listInterfaces(): WindowsInterface[]
  /** Of each name whether the service runs: false for one that is stopped or not there. */
  readServices(names: readonly string[]): ReadonlyMap<string, boolean>
  /** Names of services that start with the machine and do not run, though nothing has ended them on purpose. */
  listStoppedServices(): string[]
  /** Segments of TCP since the start, over IPv4 and IPv6. */
  readTcpCounts(): TcpCounts
  /** Windows waits for a restart, after its updates or the installation of its parts. */
  isRebootPending(): boolean
  readIdentity(): WindowsIdentity
  /** Closes everything that is kept open between two cycles. No other call is allowed afterwards. */
  close(): void
}

/** Of all processors since the start, in units of 100 ns. */
export type SystemTimes = {
  readonly idle: number
  /** With the idle time in it. */
  readonly kernel: number
  readonly user: number
}

/** Bytes. */
export type WindowsMemory = {
  readonly total: number
  readonly available: number
  /** Standby pages and the system's working set. */
  readonly cached: number
  readonly committed: number
  readonly commitLimit: number
}

export type TcpCounts = {
  /** Without those that were sent again. */
  readonly sent: number
  readonly sentAgain: number
}

/** Bytes, over all paging files. */
export type PageFile = { readonly total: number; readonly used: number }

export type Drive = {
  /** `C`. */
  readonly letter: string
  /** Bytes. */
  readonly total: number
  readonly free: number
  /** The space that the agent's own account may still use, where there are quotas. */
  readonly available: number
}

/** Since the start; null where the counter is missing. */
export type DriveCounters = {
  readonly bytesRead: number | null
  readonly bytesWritten: number | null
  /** Milliseconds on a clock that stands still while the disk is idle; only differences mean anything. */
  readonly busyMs: number | null
  /** Requests that were completed, and the time that they took together; absent where a counter of these is missing. */
  readonly operations?: DriveOperations
}

export type DriveOperations = {
  readonly read: number
  readonly written: number
  readonly readMs: number
  readonly writtenMs: number
  /** Milliseconds under way, summed over the requests that were. */
  readonly queuedMs: number
}

export type WindowsInterface = {
  /** Locally unique and never used again, as text. */
  readonly luid: string
  /** The number that routes and addresses name it by. */
  readonly index: number
  /** The name that people see: `Ethernet`, `vEthernet (Default Switch)`. */
  readonly alias: string
  /** ifType of IANA: 6 Ethernet, 24 loopback, 71 wireless, 131 tunnel. */
  readonly type: number
  readonly isHardware: boolean
  /** A driver in the stack of another interface, which counts the same bytes once more. */
  readonly isFilter: boolean
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly errorsReceived: number
  readonly errorsSent: number
  readonly dropsReceived: number
  readonly dropsSent: number
}

export type WindowsIdentity = {
  readonly computerName: string
  /** DNS domain; empty when the machine is in none. */
  readonly domain: string
  /** `Windows 10 Pro`, as the registry has it, also on Windows 11. */
  readonly product: string
  /** `23H2`; empty on old ones. */
  readonly release: string
  readonly major: number
  readonly minor: number
  readonly build: number
  /** Number of the update within the build; null on old ones. */
  readonly revision: number | null
  readonly isServer: boolean
  /** 0 where it is not known, as under a Wine that has no /sys. */
  readonly processors: number
  readonly memoryBytes: number
  /** Alias of the interface of the default route; empty when there is no route. */
  readonly defaultInterface: string
}
