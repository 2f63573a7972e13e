import { type DbusConnection, withBus } from '../../platform/dbus/connection.ts'
import { NO_OPTIONS } from '../../platform/dbus/message.ts'
import { type DbusDictionary, type DbusValue, isDictionary } from '../../platform/dbus/values.ts'
import { type BackgroundJob, type BackgroundResult, limitRun } from '../background-result.ts'
import { addSample, roundTo } from '../probes/arithmetic.ts'
import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'

const UDISKS = 'org.freedesktop.UDisks2'
const NVME = 'org.freedesktop.UDisks2.NVMe.Controller'
const TIMEOUT_MS = 20_000
const MAX_DRIVES = 64
const KELVIN = 273.15

export type DriveOptions = { readonly socket: string; readonly intervalMs: number }

/**
 * What drives say of their own health, from UDisks2, which asks them every ten minutes. A machine where it does
 * not run has no such figures, and that is no failure: it is not started for us.
 */
export function createDriveJob({ socket, intervalMs }: DriveOptions): BackgroundJob {
  return {
    name: 'drives',
    intervalMs,
    timeoutMs: limitRun(intervalMs, TIMEOUT_MS),
    run: (signal) =>
      withBus(socket, signal, async (bus) =>
        (await isRunning(bus)) ? await readDrives(bus, await listObjects(bus)) : NOTHING,
      ),
    fail: (failure) => ({ ...NOTHING, failure }),
  }
}

const NOTHING: BackgroundResult = { samples: [], reasons: new Map(), failure: null }

async function isRunning(bus: DbusConnection): Promise<boolean> {
  const [hasOwner] = await bus.call({
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
    member: 'NameHasOwner',
    arguments: [UDISKS],
  })
  return hasOwner === true
}

async function listObjects(bus: DbusConnection): Promise<DbusDictionary> {
  const [objects] = await bus.call({
    destination: UDISKS,
    path: '/org/freedesktop/UDisks2',
    interface: 'org.freedesktop.DBus.ObjectManager',
    member: 'GetManagedObjects',
  })
  return isDictionary(objects) ? objects : {}
}

async function readDrives(bus: DbusConnection, objects: DbusDictionary): Promise<BackgroundResult> {
  const samples: ProbeSample[] = []
  const devices = findDevices(objects)
  const paths = Object.keys(objects).filter((path) => path.startsWith('/org/freedesktop/UDisks2/drives/'))
  for (const path of paths.sort().slice(0, MAX_DRIVES)) {
    const found = part(objects, path)
    // The name that the drive has as a disk; a drive of several paths goes by what it says itself.
    const name = toMetricPart(devices.get(path) ?? path.slice(path.lastIndexOf('/') + 1))
    addAta(samples, `perf.drive.${name}`, part(found, `${UDISKS}.Drive.Ata`))
    const nvme = part(found, NVME)
    addNvme(samples, `perf.drive.${name}`, nvme)
    if (numberOf(nvme.SmartUpdated))
      addSample(samples, `perf.drive.${name}.wear.percent`, await readWear(bus, path))
  }
  return { ...NOTHING, samples }
}

function addAta(samples: ProbeSample[], metric: string, ata: DbusDictionary) {
  // Where SMART is off, or was not read yet, the other figures mean nothing.
  if (ata.SmartSupported !== true || ata.SmartEnabled !== true || !numberOf(ata.SmartUpdated)) return
  addSample(samples, `${metric}.state`, ata.SmartFailing === true ? 0 : 1)
  const kelvin = numberOf(ata.SmartTemperature)
  addSample(samples, `${metric}.celsius`, kelvin ? roundTo(kelvin - KELVIN, 1) : null)
  const bad = numberOf(ata.SmartNumBadSectors)
  addSample(samples, `${metric}.sectors.bad`, bad !== null && bad >= 0 ? bad : null)
  addSample(samples, `${metric}.age.seconds`, numberOf(ata.SmartPowerOnSeconds))
}

function addNvme(samples: ProbeSample[], metric: string, nvme: DbusDictionary) {
  if (!numberOf(nvme.SmartUpdated)) return
  const warnings = nvme.SmartCriticalWarning
  addSample(samples, `${metric}.state`, Array.isArray(warnings) && warnings.length > 0 ? 0 : 1)
  const kelvin = numberOf(nvme.SmartTemperature)
  addSample(samples, `${metric}.celsius`, kelvin ? roundTo(kelvin - KELVIN, 1) : null)
  const hours = numberOf(nvme.SmartPowerOnHours)
  addSample(samples, `${metric}.age.seconds`, hours === null ? null : hours * 3600)
}

/** Older releases of UDisks2 do not tell it. */
async function readWear(bus: DbusConnection, path: string): Promise<number | null> {
  try {
    const [found] = await bus.call({
      destination: UDISKS,
      path,
      interface: NVME,
      member: 'SmartGetAttributes',
      arguments: [NO_OPTIONS],
    })
    return isDictionary(found) ? numberOf(found.percent_used) : null
  } catch {
    return null
  }
}

/** By drive: the whole disk that it is, `sda` or `nvme0n1`. */
function findDevices(objects: DbusDictionary): Map<string, string> {
  const devices = new Map<string, string>()
  for (const path of Object.keys(objects).sort()) {
    const found = part(objects, path)
    const drive = part(found, `${UDISKS}.Block`).Drive
    if (typeof drive !== 'string' || drive === '/' || `${UDISKS}.Partition` in found || devices.has(drive))
      continue
    devices.set(drive, path.slice(path.lastIndexOf('/') + 1))
  }
  return devices
}

function part(dictionary: DbusDictionary, key: string): DbusDictionary {
  const found: DbusValue | undefined = dictionary[key]
  return isDictionary(found) ? found : {}
}

const numberOf = (value: DbusValue | undefined) => (typeof value === 'number' ? value : null)
