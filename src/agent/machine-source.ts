import type { RunningProcess } from '../domain/events/running-process.ts'
import type { HostFacts } from '../domain/hosts/host.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { readMachine } from '../platform/machine.ts'
import type { Platform } from '../platform/platform.ts'
import { readTextOrNothing } from '../platform/proc.ts'
import { readWindowsMachine } from '../platform/windows-machine.ts'
import type { BackgroundJob } from './background-result.ts'
import { startBackgroundRunner } from './background-runner.ts'
import { listMountPoints } from './probes/disks/filesystem.ts'
import { probes } from './probes/index.ts'
import type { ProbeSample } from './probes/probe.ts'
import { createProbeRunner } from './probes/runner.ts'
import { MOUNTINFO, watchServedFiles } from './probes/served-files.ts'
import { readRunningProcesses } from './running-processes.ts'

/** The machine that is watched, as the agent sees it. */
export type MachineSource = {
  /**
   * One reading of every probe; `failed` counts those that gave none for a fault. Never rejects.
   *
   * @param unsettled metrics of which each reading counts now, so that none is given again
   */
  measure(unsettled?: ReadonlySet<string>): Promise<Measurement>
  /** Rejects where the files for it do not answer; the first call goes on without them. */
  readMachine(): Machine | Promise<Machine>
  /** The processes that use the most now, where they can be listed. */
  readProcesses?(): Promise<readonly RunningProcess[]>
  /** Resolves when everything that is found out in the background has a first result. */
  ready?(): Promise<void>
  /** Something is being found out in the background now. */
  isBusy?(): boolean
  /** Ends what runs in the background. */
  close?(): Promise<void>
}

/** The machine's name and facts. */
export type Machine = { readonly name: string; readonly facts: HostFacts }

export type Measurement = {
  readonly samples: ProbeSample[]
  readonly failed: number
  /** By metric: why its value is what it is, for the text of its events. */
  readonly reasons?: ReadonlyMap<string, string>
}

export type MachineSourceOptions = {
  readonly platform: Platform
  readonly processes: readonly string[]
  readonly services: readonly string[]
  readonly networkFilesystems?: boolean
  /** Work that runs at intervals of its own; each cycle takes its latest results. */
  readonly jobs?: readonly BackgroundJob[]
  /** Between two readings; 0 when nobody knows. */
  readonly cycleMs?: number
  readonly clock: Clock
  readonly log: Log
}

export function openSource({
  platform,
  processes,
  services,
  networkFilesystems = false,
  jobs = [],
  cycleMs = 0,
  clock,
  log,
}: MachineSourceOptions): MachineSource {
  const served = platform.system === 'linux' ? watchServedFiles(platform.proc) : null
  let isKnown = false
  async function readFacts(): Promise<Machine> {
    if (platform.system === 'linux') await served?.refresh(readTextOrNothing(platform.proc, MOUNTINFO))
    if (isKnown && served?.hasFailed()) throw new Error('files that tell of it do not come back')
    isKnown = true
    const machine =
      platform.system === 'linux'
        ? readMachine(served?.guarded ?? platform.proc)
        : readWindowsMachine(platform.win32)
    const mounts = listMountPoints(platform, networkFilesystems)
    return Object.keys(mounts).length === 0 ? machine : { ...machine, facts: { ...machine.facts, mounts } }
  }
  const context = { processes, services, networkFilesystems }
  const runner = createProbeRunner({
    probes,
    platform,
    ...(served !== null && { served }),
    context,
    clock,
    log,
  })
  const background = startBackgroundRunner({ jobs, cycleMs, clock, log })
  return {
    async measure(unsettled) {
      const { samples, failed, stuck } = await runner.run(unsettled)
      const { samples: found, reasons: foundReasons } = background.read(unsettled)
      const reasons = new Map(foundReasons)
      if (stuck.length > 0) reasons.set(STUCK_METRIC, describeStuck(stuck))
      const own = { metric: STUCK_METRIC, value: stuck.length }
      return { samples: [own, ...samples, ...found], failed, reasons }
    },
    readMachine: readFacts,
    ...(platform.system === 'linux' && {
      readProcesses: () => readRunningProcesses(platform.proc, clock),
    }),
    ready: () => background.ready(),
    isBusy: () => background.isBusy(),
    close: () => background.stop(),
  }
}

const STUCK_METRIC = 'perf.agent.probe.stuck'

const MAX_NAMED = 3

function describeStuck(stuck: readonly string[]): string {
  const more = stuck.length > MAX_NAMED ? ` and ${stuck.length - MAX_NAMED} more` : ''
  return `no answer from ${stuck.slice(0, MAX_NAMED).join(', ')}${more}`
}
