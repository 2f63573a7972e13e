import { AGENT_METRICS } from './declared/agent.ts'
import { CHECK_METRICS, TEXT_FILE_METRICS } from './declared/checks.ts'
import { CONTAINER_METRICS } from './declared/containers.ts'
import { DISK_METRICS, FILESYSTEM_METRICS } from './declared/disks.ts'
import { GPU_METRICS } from './declared/gpu.ts'
import {
  KERNEL_METRICS,
  LINK_METRICS,
  POWER_METRICS,
  TIME_METRICS,
  UPDATE_METRICS,
} from './declared/kernel.ts'
import { MEMORY_METRICS, PAGEFILE_METRICS } from './declared/memory.ts'
import { NETWORK_METRICS } from './declared/network.ts'
import { PROCESSOR_METRICS } from './declared/processor.ts'
import { PROCESS_METRICS, SERVICE_METRICS } from './declared/programs.ts'
import { RAID_METRICS } from './declared/raid.ts'
import { SERVER_EVENT_METRICS } from './declared/server-events.ts'
import {
  LOAD_METRICS,
  PRESSURE_METRICS,
  PROCESSES_METRICS,
  TEMPERATURE_METRICS,
  UPTIME_METRICS,
} from './declared/system.ts'
import { DRIVE_METRICS, SYSTEMD_METRICS, WINDOWS_SERVICE_METRICS } from './declared/systemd.ts'
import { compileFamily, type MetricFamily } from './metric-family.ts'
import { rememberByName } from './remember.ts'

/**
 * Every metric that agents report, and those of the server's own events. The guide lists them in this order,
 * which is also the order of the lines of a chart and of the columns of a section.
 */
export const METRICS: readonly MetricFamily[] = [
  ...PROCESSOR_METRICS,
  ...MEMORY_METRICS,
  ...PAGEFILE_METRICS,
  ...LOAD_METRICS,
  ...UPTIME_METRICS,
  ...NETWORK_METRICS,
  ...LINK_METRICS,
  ...DISK_METRICS,
  ...FILESYSTEM_METRICS,
  ...RAID_METRICS,
  ...DRIVE_METRICS,
  ...PRESSURE_METRICS,
  ...KERNEL_METRICS,
  ...TIME_METRICS,
  ...UPDATE_METRICS,
  ...PROCESSES_METRICS,
  ...SYSTEMD_METRICS,
  ...WINDOWS_SERVICE_METRICS,
  ...SERVICE_METRICS,
  ...PROCESS_METRICS,
  ...CHECK_METRICS,
  ...CONTAINER_METRICS,
  ...TEXT_FILE_METRICS,
  ...TEMPERATURE_METRICS,
  ...POWER_METRICS,
  ...GPU_METRICS,
  ...AGENT_METRICS,
  ...SERVER_EVENT_METRICS,
]

export type FoundFamily = {
  readonly family: MetricFamily
  /** The part of the name for each `<word>` of the family. */
  readonly words: readonly string[]
}

type Compiled = { readonly family: MetricFamily; readonly pattern: RegExp }

/** The families of a kind that has many things, by what their names begin with: `perf.disk.`. */
const byPrefix = new Map<string, Compiled[]>()
const byName = new Map<string, FoundFamily>()

/** As much of a name as is the same for all things of a kind: two words. */
const prefixOf = (name: string) => name.slice(0, name.indexOf('.', name.indexOf('.') + 1) + 1)

for (const family of METRICS)
  if (family.name.includes('<')) {
    const prefix = prefixOf(family.name)
    const others = byPrefix.get(prefix) ?? []
    byPrefix.set(prefix, [...others, { family, pattern: compileFamily(family.name) }])
  } else byName.set(family.name, { family, words: [] })

// The longest match wins: `….inodes.percent.used` is not a filesystem called `inodes`.
const length = ({ name }: MetricFamily) => name.replace(/<[a-z]+>/g, '').length
for (const families of byPrefix.values()) families.sort((a, b) => length(b.family) - length(a.family))

/** The family of a metric; null for names that are not declared (those of other products). */
export const findFamily = rememberByName((metric: string): FoundFamily | null => {
  const exact = byName.get(metric)
  if (exact !== undefined) return exact
  for (const { family, pattern } of byPrefix.get(prefixOf(metric)) ?? []) {
    const match = pattern.exec(metric)
    if (match) return { family, words: match.slice(1) }
  }
  return null
})
