import { describeError } from '../../lib/log.ts'
import type { NvmlAnswer, NvmlOrder } from './messages.ts'
import { type Nvml, openNvml } from './nvml.ts'

// Where the thread begins: an entry of the build. It holds whatever the driver makes it wait for.
declare const self: Worker

let nvml: Nvml | null = null

self.onmessage = ({ data }: MessageEvent<NvmlOrder>) => self.postMessage(answer(data))

function answer({ library }: NvmlOrder): NvmlAnswer {
  try {
    nvml ??= openNvml(library)
    return { gpus: nvml.readGpus() }
  } catch (error) {
    // The library matches the driver again when an update of the driver is complete.
    nvml = null
    return { problem: describeError(error) }
  }
}
