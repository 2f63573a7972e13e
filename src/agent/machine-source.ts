import type { HostFacts } from '../domain/host.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { readMachine } from '../platform/machine.ts'
import type { Platform } from '../platform/platform.ts'
import { readWindowsMachine } from '../platform/windows-machine.ts'
import { probes } from './probes/index.ts'
import type { ProbeSample } from './probes/probe.ts'
import { createProbeRunner } from './probes/runner.ts'

/** The machine that is watched, as the agent sees it. */
export type MachineSource = {
  /** One reading of every probe; `failed` counts those that gave none for a fault. Never rejects. */
  measure(): Promise<{ samples: ProbeSample[]; failed: number }>
  readMachine(): { name: string; facts: HostFacts }
}

export type MachineSourceOptions = {
  readonly platform: Platform
  readonly processes: readonly string[]
  readonly services: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

export function openSource({
  platform,
  processes,
  services,
  clock,
  log,
}: MachineSourceOptions): MachineSource {
  const runner = createProbeRunner({ probes, platform, context: { processes, services }, clock, log })
  return { measure: () => runner.run(), readMachine: () => readMachineOf(platform) }
}

function readMachineOf(platform: Platform): ReturnType<MachineSource['readMachine']> {
  return platform.system === 'linux' ? readMachine(platform.proc) : readWindowsMachine(platform.win32)
}
