import type { ProcFs } from '../../../platform/proc.ts'

export type Sensor = { readonly name: string; readonly path: string }

/** The most that one machine reports. */
const MAX_SENSORS = 64

/** Every temperature input of the chips, and of the thermal zones that are not a chip as well. */
export function findSensors(proc: ProcFs, chips: readonly string[], zones: readonly string[]): Sensor[] {
  const found = [...chips].sort(byNumber).flatMap((chip) => findChipSensors(proc, `/sys/class/hwmon/${chip}`))
  const known = new Set(found.map(({ chip }) => chip))
  for (const zone of [...zones].sort(byNumber)) {
    const path = `/sys/class/thermal/${zone}`
    const type = toWord(proc.readTextIfThere(`${path}/type`) ?? zone)
    // Intel's package sensor is shown by its chip in more detail.
    if (known.has(type) || (type === 'x86_pkg_temp' && known.has('coretemp'))) continue
    found.push({ chip: type, name: type, path: `${path}/temp` })
  }
  return makeUnique(found.slice(0, MAX_SENSORS))
}

/** Every fan of the chips. */
export function findFans(proc: ProcFs, chips: readonly string[]): Sensor[] {
  const found = [...chips]
    .sort(byNumber)
    .flatMap((chip) => findChipSensors(proc, `/sys/class/hwmon/${chip}`, FAN_INPUT))
  return makeUnique(found.slice(0, MAX_SENSORS))
}

const TEMPERATURE_INPUT = /^temp\d+_input$/
const FAN_INPUT = /^fan\d+_input$/

function findChipSensors(
  proc: ProcFs,
  path: string,
  wanted: RegExp = TEMPERATURE_INPUT,
): (Sensor & { chip: string })[] {
  // Up to Linux 3.x some chips keep their files one folder deeper.
  const folder = proc.list(path).includes('name') ? path : `${path}/device`
  const inputs = proc.list(folder).filter((name) => wanted.test(name))
  if (inputs.length === 0) return []
  const chip = toWord(proc.readTextIfThere(`${folder}/name`) ?? 'hwmon')
  const owner = findDrive(proc, path, chip) ?? chip
  return inputs.sort(byNumber).map((input) => {
    const sensor = input.slice(0, -'_input'.length)
    const label = toWord(proc.readTextIfThere(`${folder}/${sensor}_label`) ?? '')
    return { chip, name: `${owner}.${label === '' ? sensor : label}`, path: `${folder}/${input}` }
  })
}

/** Chips get new numbers at every start; a drive's own name is clearer than a second `nvme`. */
function findDrive(proc: ProcFs, path: string, chip: string): string | null {
  if (chip === 'nvme')
    return proc.list(`${path}/device`).find((name) => /^nvme\d+(c\d+)?n\d+$/.test(name)) ?? null
  if (chip === 'drivetemp') return proc.list(`${path}/device/block`)[0] ?? null
  return null
}

function makeUnique(sensors: readonly Sensor[]): Sensor[] {
  const counts = new Map<string, number>()
  return sensors.map(({ name, path }) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return { name: count === 1 ? name : `${name}.${count}`, path }
  })
}

const toWord = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, '-')
    .replace(/^-+|-+$/g, '')

const byNumber = (a: string, b: string) => numberIn(a) - numberIn(b) || (a < b ? -1 : 1)
const numberIn = (name: string) => Number(/\d+/.exec(name)?.[0] ?? 0)
