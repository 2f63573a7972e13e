import type { CheckSettings } from '../domain/check.ts'
import type { Threshold } from '../domain/thresholds/threshold.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { BootClock } from '../platform/boot.ts'
import type { Platform } from '../platform/platform.ts'
import type { MachineSourceOptions } from './machine-source.ts'
import type { CollectorAddress } from './sending/connect.ts'

export type AgentOptions = {
  /** Collect engines in the order of preference; at least one. */
  readonly servers: readonly CollectorAddress[]
  /** Null when the key alone lets the agent in. */
  readonly passphrase: string | null
  /**
   * The key that proves that the host's name is ours, the same for ever; null sends none, as agents of the
   * original do.
   */
  readonly key: string | null
  /** In place of the machine's own name. */
  readonly name: string | null
  /** Names that the machine had before while this process ran, the newest first. */
  readonly formerNames?: readonly string[]
  /** Called when the machine has another name than at the start: the agent has to be restarted. */
  onRenamed?(name: string): void
  /** Called when a cycle has ended: what it found is measured, queued and on its way. */
  onCycle?(): void
  /** The groups of the host. */
  readonly groups?: readonly string[]
  /** Whole seconds between two samples, 1 at the least. */
  readonly interval: number
  /** Seconds that a sample is kept for a server that is away. */
  readonly queueAge: number
  readonly queueBytes: number
  readonly queueFile: string
  /** Where `monitor health agent` reads how sending goes; null writes nothing. */
  readonly statusFile?: string | null
  /** Where counts of services and containers that started again outlast the agent; null keeps none. */
  readonly restartsFolder?: string | null
  readonly processes: readonly string[]
  readonly services: readonly string[]
  readonly networkFilesystems?: boolean
  /** Where the root of the machine is mounted, for an agent in a container; empty for none. */
  readonly hostRoot?: string
  /** Checks of the configuration. */
  readonly checks?: readonly CheckSettings[]
  /** Watches the containers of Docker and Podman. */
  readonly containers?: boolean
  /** The folder whose files hold values that programs have written; null when there is none. */
  readonly textFiles?: string | null
  /** The file that names the checks; null when there is none. */
  readonly configFile?: string | null
  /** Metrics of a cycle at most; those beyond are left out and counted. */
  readonly maxMetrics?: number
  /** Thresholds of the configuration, which come before the standard ones. */
  readonly thresholds: readonly Threshold[]
  readonly hasDefaultThresholds: boolean
  readonly platform: Platform
  readonly clock: Clock
  /** Tells a machine whose clock was set from an agent that was off; left out or null where there is none. */
  readonly bootClock?: BootClock | null
  readonly log: Log
}

export type SampleOptions = Pick<
  AgentOptions,
  | 'name'
  | 'groups'
  | 'thresholds'
  | 'hasDefaultThresholds'
  | 'checks'
  | 'containers'
  | 'textFiles'
  | 'configFile'
  | 'maxMetrics'
  | 'hostRoot'
  | 'restartsFolder'
  | Exclude<keyof MachineSourceOptions, 'jobs' | 'cycleMs'>
> &
  Partial<Pick<AgentOptions, 'interval' | 'servers'>>
