import type { Log } from '../../lib/log.ts'
import type { Win32, WindowsIdentity } from '../win32.ts'
import { listDrivePaths, PAGE_FILE_PATH, toDriveCounters, toPageFile } from './counter-values.ts'
import { openCounterQuery, openPdh } from './counters.ts'
import { openDrives } from './drives.ts'
import { type NetworkCalls, openNetworkCalls } from './network.ts'
import { openProcessList } from './processes.ts'
import { openRegistry, type Registry } from './registry.ts'
import { openServiceStates } from './services.ts'
import { openStoppedServices } from './stopped-services.ts'
import { openSystemCalls, type SystemCalls } from './system.ts'

/** Opens the DLLs; only to be called on Windows. Functions that this Windows lacks are logged once each. */
export function openWin32(log: Log): Win32 {
  const system = openSystemCalls()
  const network = openNetworkCalls()
  const registry = openRegistry()
  const listDrives = openDrives()
  const listPrograms = openProcessList(system.lastError)
  const readServices = openServiceStates(system.lastError)
  const listStoppedServices = openStoppedServices(system.lastError, registry)
  const ticksPerSecond = system.readTickRate()
  const pdh = openPdh()
  const ofDrives = openCounterQuery(log, pdh)
  const ofPageFile = openCounterQuery(log, pdh)
  return {
    readSystemTimes: system.readSystemTimes,
    readMemory: system.readMemory,
    readUptimeMs: system.readUptimeMs,
    countProcesses: system.countProcesses,
    listPrograms,
    listDrives,
    listInterfaces: network.listInterfaces,
    readServices,
    listStoppedServices,
    readTcpCounts: network.readTcpCounts,
    readPageFile: () => toPageFile(ofPageFile.read([PAGE_FILE_PATH]), system.readPageSize()),
    readDriveCounters(letters) {
      const found = ofDrives.read(listDrivePaths(letters))
      return new Map(letters.map((letter) => [letter, toDriveCounters(found, letter, ticksPerSecond)]))
    },
    isRebootPending: () => REBOOT_KEYS.some((key) => registry.hasKey(key)),
    readIdentity: () => readIdentity(system, network, registry),
    close() {
      ofDrives.close()
      ofPageFile.close()
    },
  }
}

/** Windows makes them when a restart becomes due, and removes them with it. */
const REBOOT_KEYS = [
  'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending',
  'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired',
]

const CURRENT_VERSION = 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'

function readIdentity(system: SystemCalls, network: NetworkCalls, registry: Registry): WindowsIdentity {
  const index = network.findDefaultIndex()
  return {
    ...system.readVersion(),
    computerName: system.readName('host'),
    domain: system.readName('domain'),
    product: registry.readText(CURRENT_VERSION, 'ProductName') ?? '',
    release:
      registry.readText(CURRENT_VERSION, 'DisplayVersion') ??
      registry.readText(CURRENT_VERSION, 'ReleaseId') ??
      '',
    revision: registry.readNumber(CURRENT_VERSION, 'UBR'),
    processors: system.countProcessors(),
    memoryBytes: system.readMemory().total,
    defaultInterface: network.listInterfaces().find((found) => found.index === index)?.alias ?? '',
  }
}
