import { dlopen } from 'bun:ffi'
import type { NvidiaGpu } from './messages.ts'

/** nvml.h; the functions with a number behind their name are there since 2012. */
const SIGNATURES = {
  nvmlInit_v2: { args: [], returns: 'i32' },
  nvmlErrorString: { args: ['i32'], returns: 'cstring' },
  nvmlDeviceGetCount_v2: { args: ['ptr'], returns: 'i32' },
  nvmlDeviceGetHandleByIndex_v2: { args: ['u32', 'ptr'], returns: 'i32' },
  nvmlDeviceGetUtilizationRates: { args: ['u64', 'ptr'], returns: 'i32' },
  nvmlDeviceGetMemoryInfo: { args: ['u64', 'ptr'], returns: 'i32' },
  nvmlDeviceGetTemperature: { args: ['u64', 'i32', 'ptr'], returns: 'i32' },
  nvmlDeviceGetPowerUsage: { args: ['u64', 'ptr'], returns: 'i32' },
} as const

const NVML_SUCCESS = 0
/** The sensor on the chip itself. */
const NVML_TEMPERATURE_GPU = 0
const MAX_GPUS = 16

export type Nvml = { readGpus(): NvidiaGpu[] }

/**
 * Opens NVIDIA's management library, by its name or by a path. Throws when it can't be loaded, or does not
 * match the driver. Any of its calls may hang with the driver, so it must only be used on a thread of its
 * own.
 */
export function openNvml(library: string): Nvml {
  const { symbols } = dlopen(library, SIGNATURES)
  check('nvmlInit', symbols.nvmlInit_v2())

  function check(call: string, code: number) {
    if (code !== NVML_SUCCESS) throw new Error(`${call}: ${describe(code)}`)
  }

  function describe(code: number): string {
    return String(symbols.nvmlErrorString(code) ?? `error ${code}`)
  }

  /** Null for values that this card does not report, or not now. */
  function ask(bytes: number, call: (out: Uint8Array) => number): DataView | null {
    const out = new Uint8Array(bytes)
    return call(out) === NVML_SUCCESS ? new DataView(out.buffer) : null
  }

  function readGpu(index: number): NvidiaGpu {
    const handle = new BigUint64Array(1)
    const code = symbols.nvmlDeviceGetHandleByIndex_v2(index, handle)
    // A card that has fallen off the bus has no handle; the others still have.
    if (code !== NVML_SUCCESS) return { index, problem: describe(code) }
    const device = handle[0] ?? 0n
    const rates = ask(8, (out) => symbols.nvmlDeviceGetUtilizationRates(device, out))
    const memory = ask(24, (out) => symbols.nvmlDeviceGetMemoryInfo(device, out))
    const celsius = ask(4, (out) => symbols.nvmlDeviceGetTemperature(device, NVML_TEMPERATURE_GPU, out))
    const power = ask(4, (out) => symbols.nvmlDeviceGetPowerUsage(device, out))
    return {
      index,
      busy: rates?.getUint32(0, true) ?? null,
      // nvmlMemory_t: total, free, used.
      memoryTotal: memory === null ? null : Number(memory.getBigUint64(0, true)),
      memoryUsed: memory === null ? null : Number(memory.getBigUint64(16, true)),
      celsius: celsius?.getUint32(0, true) ?? null,
      milliwatts: power?.getUint32(0, true) ?? null,
    }
  }

  return {
    readGpus() {
      const count = new Uint32Array(1)
      check('nvmlDeviceGetCount', symbols.nvmlDeviceGetCount_v2(count))
      return Array.from({ length: Math.min(count[0] ?? 0, MAX_GPUS) }, (_, index) => readGpu(index))
    },
  }
}
