import type { Probe, ProbeContext } from '../../../src/agent/probes/probe.ts'
import type { ProcFs } from '../../../src/platform/proc.ts'

type Options = { readonly seconds?: number; readonly context?: Partial<ProbeContext> }

/**
 * What a probe says of a machine, or of two states of it that lie some seconds (10) apart; null when nothing
 * is there to read.
 */
export async function measure(
  probe: Probe<unknown>,
  states: readonly ProcFs[],
  { seconds = 10, context = {} }: Options = {},
): Promise<Record<string, number> | null> {
  let previous: unknown = null
  let samples: Record<string, number> | null = null
  for (const proc of states) {
    const reading = await probe.linux(proc, { processes: [], services: [], ...context }, previous)
    samples =
      reading === null
        ? null
        : Object.fromEntries(
            probe.samples(reading, previous, seconds).map(({ metric, value }) => [metric, value]),
          )
    previous = reading
  }
  return samples
}
