import { listKnownFacts } from '../domain/hosts/host.ts'
import type { Clock } from '../lib/clock.ts'
import { MAX_METRICS } from '../protocol/message.ts'
import { checkName, describeWith, listStandard } from './agent-description.ts'
import type { SampleOptions } from './agent-options.ts'
import { openSourceFor } from './agent-source.ts'
import { createFrameBuilder } from './frame.ts'
import type { MachineSource } from './machine-source.ts'
import { watchSelfMetrics } from './self-metrics.ts'

/**
 * The content of the next packet, as the wire has it, without the passphrase. Reads twice, a second apart, so
 * that averages have values. The queue is not opened, so its figures are missing.
 */
export async function sampleOnce(
  options: SampleOptions,
  source: MachineSource = openSourceFor(options),
): Promise<object> {
  const machine = await source.readMachine()
  const name = checkName(options.name ?? machine.name)
  const describe = describeWith(options, listStandard(options, machine.facts))
  const figures = watchSelfMetrics(options.clock)
  await source.measure()
  await Promise.all([wait(options.clock, 1000), source.ready?.()])
  const { samples, failed } = await source.measure()
  await source.close?.()
  const now = options.clock.now()
  const frame = createFrameBuilder(options.maxMetrics ?? MAX_METRICS).build(now, [
    ...samples,
    ...figures.read(failed, null),
  ])
  return {
    v: 1,
    id: 1,
    host: name,
    clock: now,
    facts: listKnownFacts(describe(machine.facts)),
    metricSet: 0,
    metrics: frame.metrics,
    frames: [[frame.time, ...frame.values]],
    events: [],
  }
}

const wait = (clock: Clock, ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))
