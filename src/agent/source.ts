import type { HostFacts } from '../domain/host.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { readMachine } from '../platform/machine.ts'
import type { ProcFs } from '../platform/proc.ts'
import { probes } from './probes/index.ts'
import type { ProbeSample } from './probes/probe.ts'
import { createProbeRunner } from './probes/runner.ts'

/** The machine that is watched, as the agent sees it. */
export type Source = {
  /** One reading of every probe; `failed` counts those that gave none for a fault. Never rejects. */
  measure(): Promise<{ samples: ProbeSample[]; failed: number }>
  readMachine(): { name: string; facts: HostFacts }
}

export type SourceOptions = {
  readonly proc: ProcFs
  readonly processes: readonly string[]
  readonly services: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

export function openSource({ proc, processes, services, clock, log }: SourceOptions): Source {
  const runner = createProbeRunner({ probes, proc, context: { processes, services }, clock, log })
  return { measure: () => runner.run(), readMachine: () => readMachine(proc) }
}
