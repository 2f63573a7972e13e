import { type DbusConnection, withBus } from '../../platform/dbus/connection.ts'
import { NO_OPTIONS } from '../../platform/dbus/message.ts'
import { type DbusDictionary, type DbusValue, isDictionary } from '../../platform/dbus/values.ts'
import { type BackgroundJob, type BackgroundResult, limitRun } from '../background-result.ts'
import { addSample, roundTo } from '../probes/arithmetic.ts'
import { toMetricPart } from '../probes/metric-name.ts'
import type { ProbeSample } from '../probes/probe.ts'

const UDISKS = 'org.freedesktop.UDisks2'
const NVME = 'org.freedesktop.UDisks2.NVMe.Controller'
const ATA = 'org.freedesktop.UDisks2.Drive.Ata'
const TIMEOUT_MS = 20_000
const MAX_DRIVES = 64
const KELVIN = 273.15
const MAX_AGE_SECONDS = 100 * 365 * 86_400

export type DriveOptions = { readonly socket: string; readonly intervalMs: number }

/**
 * The drives' own health data, from UDisks2, which reads them every ten minutes. A machine where it does not
 * run has no such values, and that is not a failure: it is not started for us.
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
    // The name of the drive as a disk; a drive with several paths is named by its own identifier.
    const name = toMetricPart(devices.get(path) ?? path.slice(path.lastIndexOf('/') + 1))
    const ata = part(found, ATA)
    addAta(samples, `perf.drive.${name}`, ata)
    // Drives that turn have other things under the same numbers.
    if (ata.SmartEnabled === true && part(found, `${UDISKS}.Drive`).RotationRate === 0)
      addSample(samples, `perf.drive.${name}.wear.percent`, findAtaWear(await readAttributes(bus, path, ATA)))
    const nvme = part(found, NVME)
    addNvme(samples, `perf.drive.${name}`, nvme)
    if (numberOf(nvme.SmartUpdated))
      addSample(
        samples,
        `perf.drive.${name}.wear.percent`,
        findNvmeWear(await readAttributes(bus, path, NVME)),
      )
  }
  return { ...NOTHING, samples }
}

function addAta(samples: ProbeSample[], metric: string, ata: DbusDictionary) {
  // Where SMART is off, or was not read yet, the other figures mean nothing.
  if (ata.SmartSupported !== true || ata.SmartEnabled !== true || !numberOf(ata.SmartUpdated)) return
  addSample(samples, `${metric}.state`, ata.SmartFailing === true ? 0 : 1)
  addSample(samples, `${metric}.celsius`, toCelsius(ata.SmartTemperature))
  const bad = numberOf(ata.SmartNumBadSectors)
  addSample(samples, `${metric}.sectors.bad`, bad !== null && bad >= 0 ? bad : null)
  addSample(samples, `${metric}.age.seconds`, toAge(numberOf(ata.SmartPowerOnSeconds)))
}

function addNvme(samples: ProbeSample[], metric: string, nvme: DbusDictionary) {
  if (!numberOf(nvme.SmartUpdated)) return
  const warnings = nvme.SmartCriticalWarning
  addSample(samples, `${metric}.state`, Array.isArray(warnings) && warnings.length > 0 ? 0 : 1)
  addSample(samples, `${metric}.celsius`, toCelsius(nvme.SmartTemperature))
  const hours = numberOf(nvme.SmartPowerOnHours)
  addSample(samples, `${metric}.age.seconds`, toAge(hours === null ? null : hours * 3600))
}

/** Null for what no drive can have: without a sensor some report 0 or all bits, which would be 65,262 °C. */
function toCelsius(kelvin: DbusValue | undefined): number | null {
  const celsius = roundTo((numberOf(kelvin) ?? 0) - KELVIN, 1)
  return celsius > -60 && celsius < 200 ? celsius : null
}

/** Some makers keep other things in the upper bits of the same number. */
const toAge = (seconds: number | null) =>
  seconds !== null && seconds >= 0 && seconds < MAX_AGE_SECONDS ? seconds : null

/**
 * The drive's last reading; the drive is not woken for it. Null with older releases of UDisks2, which do not
 * have it.
 */
async function readAttributes(
  bus: DbusConnection,
  path: string,
  interfaceName: string,
): Promise<DbusValue | null> {
  try {
    const [found] = await bus.call({
      destination: UDISKS,
      path,
      interface: interfaceName,
      member: 'SmartGetAttributes',
      arguments: [NO_OPTIONS],
    })
    return found ?? null
  } catch {
    return null
  }
}

function findNvmeWear(attributes: DbusValue | null): number | null {
  return attributes !== null && isDictionary(attributes) ? numberOf(attributes.percent_used) : null
}

/**
 * SATA has no one attribute for it. These are the makers', whose normalized value is the part of its life that a
 * drive still has: life left, media wear-out (Intel), wear levelling (Samsung), lifetime left and block erases
 * (Crucial, Micron).
 */
const LIFE_LEFT = [231, 233, 177, 202, 173]

/** Each attribute is a list: number, name, flags, normalized value, and more. */
function findAtaWear(attributes: DbusValue | null): number | null {
  if (!Array.isArray(attributes)) return null
  const values = new Map(
    attributes.flatMap((attribute: DbusValue) =>
      Array.isArray(attribute) ? [[attribute[0], attribute[3]] as const] : [],
    ),
  )
  for (const id of LIFE_LEFT) {
    const left = values.get(id)
    if (typeof left === 'number' && left >= 1 && left <= 100) return 100 - left
  }
  return null
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
