import { GPU_METRICS } from '../../../domain/metrics/declared/gpu.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, parseCount, percentOf, roundTo } from '../arithmetic.ts'
import { toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { parseMillidegrees } from './temperature.ts'

export type GpuReading = {
  /** The names that cards were looked for among. */
  readonly names: string
  readonly cards: readonly Card[]
  readonly gpus: readonly Gpu[]
}

type Card = { readonly name: string; readonly path: string; readonly sensors: string | null }

type Gpu = {
  readonly name: string
  readonly busy: number | null
  readonly memoryUsed: number | null
  readonly memoryTotal: number | null
  readonly millidegrees: number | null
  readonly microwatts: number | null
}

const CARDS = '/sys/class/drm'
const MAX_CARDS = 16

/**
 * Graphics processors. Linux: the values of the driver amdgpu in /sys; reading them may wake a sleeping card
 * and wait for it, so they are read apart from other probes.
 */
export const gpu = defineProbe<GpuReading>({
  name: 'gpu',
  metrics: GPU_METRICS,
  async linux(proc, _context, previous) {
    const found = proc.has(CARDS) ? proc.list(CARDS).filter((name) => /^card\d+$/.test(name)) : []
    const names = found.join(' ')
    const cards = previous?.names === names ? previous.cards : findCards(proc, found)
    if (cards.length === 0) return null
    return { names, cards, gpus: await Promise.all(cards.map((card) => readCard(proc, card))) }
  },
  samples({ gpus }) {
    const samples: ProbeSample[] = []
    for (const { name, busy, memoryUsed, memoryTotal, millidegrees, microwatts } of gpus) {
      const part = `perf.gpu.${toMetricPart(name)}`
      addSample(samples, `${part}.percent.used`, busy !== null && busy <= 100 ? busy : null)
      if (memoryUsed !== null && memoryTotal !== null) {
        addSample(samples, `${part}.memory.percent`, percentOf(memoryUsed, memoryTotal))
        addSample(samples, `${part}.memory.bytes`, memoryUsed)
      }
      addSample(samples, `${part}.celsius`, millidegrees === null ? null : roundTo(millidegrees / 1000, 1))
      addSample(samples, `${part}.watts`, microwatts === null ? null : roundTo(microwatts / 1e6, 1))
    }
    return samples
  },
})

function findCards(proc: ProcFs, names: readonly string[]): Card[] {
  return [...names]
    .sort()
    .map((name) => ({ name, path: `${CARDS}/${name}/device` }))
    .filter(({ path }) => proc.has(`${path}/gpu_busy_percent`))
    .slice(0, MAX_CARDS)
    .map(({ name, path }) => {
      const [chip] = proc.list(`${path}/hwmon`)
      return { name, path, sensors: chip === undefined ? null : `${path}/hwmon/${chip}` }
    })
}

async function readCard(proc: ProcFs, { name, path, sensors }: Card): Promise<Gpu> {
  const read = async (file: string | null) => {
    try {
      return file === null ? null : await proc.readSlowly(file)
    } catch {
      return null
    }
  }
  const count = async (file: string | null) => parseCount((await read(file))?.trim())
  const sensor = (file: string) => (sensors === null ? null : `${sensors}/${file}`)
  return {
    name,
    busy: await count(`${path}/gpu_busy_percent`),
    memoryUsed: await count(`${path}/mem_info_vram_used`),
    memoryTotal: await count(`${path}/mem_info_vram_total`),
    millidegrees: parseMillidegrees((await read(sensor('temp1_input'))) ?? ''),
    // Newer drivers report the current power, older ones an average.
    microwatts: (await count(sensor('power1_average'))) ?? (await count(sensor('power1_input'))),
  }
}
