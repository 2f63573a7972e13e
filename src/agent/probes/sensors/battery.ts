import { POWER_METRICS } from '../../../domain/metrics/declared/kernel.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, parseCount, percentOf } from '../arithmetic.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { findFans, type Sensor } from './thermal-sensors.ts'

export type PowerReading = {
  /** The chips that fans were looked for in. */
  readonly chips: string
  readonly fans: readonly Sensor[]
  readonly speeds: readonly (number | null)[]
  readonly batteries: readonly Battery[]
}

type Battery = { readonly name: string; readonly charge: number | null; readonly health: number | null }

const SUPPLIES = '/sys/class/power_supply'
const MAX_BATTERIES = 8
/** Faster ones are not made; chips report 65,535 where no fan is connected. */
const MAX_RPM = 60_000

/** Batteries of the machine itself, and fans. Linux: /sys/class/power_supply and /sys/class/hwmon. */
export const battery = defineProbe<PowerReading>({
  name: 'battery and fans',
  metrics: POWER_METRICS,
  keepSeconds: 10,
  async linux(proc, _context, previous) {
    const found = proc.has('/sys/class/hwmon') ? proc.list('/sys/class/hwmon') : []
    const chips = found.join(' ')
    const fans = previous?.chips === chips ? previous.fans : findFans(proc, found)
    const batteries = readBatteries(proc)
    if (fans.length + batteries.length === 0) return null
    const speeds = await Promise.all(fans.map(({ path }) => readSpeed(proc, path)))
    return { chips, fans, speeds, batteries }
  },
  samples({ fans, speeds, batteries }) {
    const samples: ProbeSample[] = []
    for (const [i, { name }] of fans.entries())
      addSample(samples, `perf.fan.${toMetricPart(name)}.rpm`, speeds[i] ?? null)
    for (const { name, charge, health } of batteries) {
      const part = `perf.battery.${toMetricPart(name)}`
      addSample(samples, `${part}.percent`, charge)
      addSample(samples, `${part}.health.percent`, health)
    }
    return samples
  },
})

async function readSpeed(proc: ProcFs, path: string): Promise<number | null> {
  try {
    const speed = parseCount((await proc.readSlowly(path))?.trim())
    return speed !== null && speed < MAX_RPM ? speed : null
  } catch {
    return null
  }
}

/** Batteries of mice and headsets have the scope `Device`. */
function readBatteries(proc: ProcFs): Battery[] {
  const names = proc.has(SUPPLIES) ? proc.list(SUPPLIES).sort().slice(0, MAX_BATTERIES) : []
  return names.flatMap((name): Battery[] => {
    const read = (file: string) => {
      try {
        return proc.readTextIfThere(`${SUPPLIES}/${name}/${file}`)?.trim()
      } catch {
        return undefined
      }
    }
    if (read('type') !== 'Battery' || read('scope') === 'Device' || read('present') === '0') return []
    const charge = parseCount(read('capacity'))
    const count = (what: string) => parseCount(read(`energy_${what}`) ?? read(`charge_${what}`))
    const full = count('full')
    const design = count('full_design')
    const health = full === null || design === null ? null : percentOf(Math.min(full, design), design)
    return [{ name, charge: charge === null || charge > 100 ? null : charge, health }]
  })
}
