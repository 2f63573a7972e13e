import type { NvidiaGpu, NvmlAnswer, NvmlOrder } from '../../platform/nvml/messages.ts'
import type { ProcFs } from '../../platform/proc.ts'
import { type BackgroundJob, type BackgroundResult, limitRun } from '../background-result.ts'
import { addSample, percentOf, roundTo } from '../probes/arithmetic.ts'
import type { ProbeSample } from '../probes/probe.ts'

/** The driver's own name for its management library, as its packages install it. */
export const NVML_LIBRARY = 'libnvidia-ml.so.1'

/** The first call wakes sleeping cards, which takes seconds. */
const TIMEOUT_MS = 10_000

/** An entry of the build. In the compiled program its path is relative to the root of the bundle. */
const ENTRY = import.meta.url.endsWith('.ts')
  ? new URL('../../platform/nvml/entry.ts', import.meta.url).href
  : new URL('./src/platform/nvml/entry.js', import.meta.url).href

export type NvidiaOptions = {
  readonly proc: ProcFs
  readonly library?: string
  readonly intervalMs: number
}

/** Whether the driver of NVIDIA is loaded here, and the agent may speak with it. */
export const hasNvidia = (proc: ProcFs): boolean =>
  proc.has('/proc/driver/nvidia/gpus') && proc.has('/dev/nvidiactl')

/**
 * Graphics processors of NVIDIA, by the library that the driver brings. It is asked on a thread, which a driver in
 * trouble may hold for ever: the thread is then left alone until it answers, and the values are missing.
 */
export function createNvidiaJob({ proc, library = NVML_LIBRARY, intervalMs }: NvidiaOptions): BackgroundJob {
  const thread = new NvmlThread()
  return {
    name: 'NVIDIA',
    intervalMs,
    timeoutMs: limitRun(intervalMs, TIMEOUT_MS),
    async run(signal) {
      // Asking a card that sleeps would wake it.
      if (!thread.isOpen && areAllAsleep(proc)) return NOTHING
      return toResult(await thread.ask({ library }, signal))
    },
    fail: (failure) => ({ ...NOTHING, failure }),
    close: () => thread.close(),
  }
}

const NOTHING: BackgroundResult = { samples: [], reasons: new Map(), failure: null }

const CARDS = '/proc/driver/nvidia/gpus'

/** The folders are named by the place of the card on the bus: `0000:01:00.0`. */
function areAllAsleep(proc: ProcFs): boolean {
  const cards = proc.list(CARDS)
  return (
    cards.length > 0 &&
    cards.every(
      (card) =>
        proc.readTextIfThere(`/sys/bus/pci/devices/${card}/power/runtime_status`)?.trim() === 'suspended',
    )
  )
}

function toResult(answer: NvmlAnswer): BackgroundResult {
  if ('problem' in answer) throw new Error(answer.problem)
  const samples: ProbeSample[] = []
  const lost: string[] = []
  for (const gpu of answer.gpus)
    if ('problem' in gpu) lost.push(`${nameOf(gpu)}: ${gpu.problem}`)
    else addGpu(samples, gpu)
  return { samples, reasons: new Map(), failure: lost.length === 0 ? null : lost.join(', ') }
}

const nameOf = ({ index }: Pick<NvidiaGpu, 'index'>) => `nvidia${index}`

function addGpu(samples: ProbeSample[], gpu: Exclude<NvidiaGpu, { problem: string }>) {
  const part = `perf.gpu.${nameOf(gpu)}`
  const { busy, memoryUsed, memoryTotal, celsius, milliwatts } = gpu
  addSample(samples, `${part}.percent.used`, busy !== null && busy <= 100 ? busy : null)
  if (memoryUsed !== null && memoryTotal !== null && memoryTotal > 0) {
    addSample(samples, `${part}.memory.percent`, percentOf(memoryUsed, memoryTotal))
    addSample(samples, `${part}.memory.bytes`, memoryUsed)
  }
  addSample(samples, `${part}.celsius`, celsius !== null && celsius < 200 ? celsius : null)
  addSample(samples, `${part}.watts`, milliwatts === null ? null : roundTo(milliwatts / 1000, 1))
}

/** The thread starts with the first question. A question is asked when the one before has its answer. */
class NvmlThread {
  #worker: Worker | null = null
  #isBusy = false

  get isOpen(): boolean {
    return this.#worker !== null
  }

  /** Rejects with the reason of `signal` when that is aborted, and while an earlier question has no answer. */
  ask(order: NvmlOrder, signal: AbortSignal): Promise<NvmlAnswer> {
    if (this.#isBusy) return Promise.reject(new Error('the driver has not answered yet'))
    this.#isBusy = true
    const { promise, resolve, reject } = Promise.withResolvers<NvmlAnswer>()
    const worker = this.#worker ?? new Worker(ENTRY, { smol: true, ref: false })
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<NvmlAnswer>) => {
      this.#isBusy = false
      resolve(data)
    }
    worker.onerror = (event) => {
      this.#isBusy = false
      this.#worker = null
      reject(new Error(`the thread that asks the driver failed: ${event.message}`))
    }
    signal.addEventListener('abort', () => reject(signal.reason))
    worker.postMessage(order)
    return promise
  }

  /** A thread that waits for nothing ends; one that the driver holds goes with the process. */
  close() {
    if (!this.#isBusy) this.#worker?.terminate()
    this.#worker = null
  }
}
