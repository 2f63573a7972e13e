import { TEMPERATURE_METRICS } from '../../../domain/metrics/declared/system.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, roundTo } from '../arithmetic.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe } from '../probe.ts'
import { findSensors, type Sensor } from './thermal-sensors.ts'

export type TemperatureReading = {
  /** The chips and zones that the sensors were found for; new ones mean looking again. */
  readonly sources: string
  readonly sensors: readonly Sensor[]
  /** Thousandths of a degree by sensor; null where it does not answer. */
  readonly values: readonly (number | null)[]
}

/** Degrees Celsius of every sensor that answers. Linux: /sys/class/hwmon and /sys/class/thermal. */
export const temperature = defineProbe<TemperatureReading>({
  name: 'temperature',
  metrics: TEMPERATURE_METRICS,
  keepSeconds: 10,
  async linux(proc, _context, previous) {
    // Virtual machines have none, and a failure to list costs more than to ask.
    const chips = proc.has('/sys/class/hwmon') ? proc.list('/sys/class/hwmon') : []
    const zones = proc.list('/sys/class/thermal').filter((name) => name.startsWith('thermal_zone'))
    const sources = [...chips, ...zones].join(' ')
    const sensors = previous?.sources === sources ? previous.sensors : findSensors(proc, chips, zones)
    if (sensors.length === 0) return null
    const values = await Promise.all(sensors.map(({ path }) => readValue(proc, path)))
    return { sources, sensors, values }
  },
  samples({ sensors, values }) {
    const samples: { metric: string; value: number }[] = []
    for (const [i, { name }] of sensors.entries()) {
      const value = values[i] ?? null
      addSample(
        samples,
        `perf.temperature.${toMetricPart(name)}.celsius`,
        value === null ? null : roundTo(value / 1000, 1),
      )
    }
    return samples
  },
})

/**
 * Sensors of parts that sleep, or that the board does not have, answer EAGAIN, ENODATA, EIO and others: they
 * just have no value.
 */
async function readValue(proc: ProcFs, path: string): Promise<number | null> {
  try {
    return parseMillidegrees((await proc.readSlowly(path)) ?? '')
  } catch {
    return null
  }
}

/** Null for impossible values: chips report -273150, -128000 or 255000 where no sensor is connected. */
export function parseMillidegrees(text: string): number | null {
  const found = /^-?\d{1,6}(?=\n?$)/.exec(text)
  const value = found === null ? Number.NaN : Number(found[0])
  return value > -100_000 && value < 200_000 ? value : null
}
