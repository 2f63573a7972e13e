import { disk } from './disks/disk.ts'
import { filesystem } from './disks/filesystem.ts'
import { raid } from './disks/raid.ts'
import { links } from './network/links.ts'
import { network } from './network/network.ts'
import type { Probe } from './probe.ts'
import { process } from './programs/process.ts'
import { processes } from './programs/processes.ts'
import { service } from './programs/service.ts'
import { battery } from './sensors/battery.ts'
import { gpu } from './sensors/gpu.ts'
import { temperature } from './sensors/temperature.ts'
import { kernel } from './system/kernel.ts'
import { load } from './system/load.ts'
import { memory } from './system/memory.ts'
import { pagefile } from './system/pagefile.ts'
import { pressure } from './system/pressure.ts'
import { processor } from './system/processor.ts'
import { time } from './system/time.ts'
import { updates } from './system/updates.ts'
import { uptime } from './system/uptime.ts'

/**
 * Everything that an agent reads of its machine. Where there are more metrics than may be sent, the last go: the
 * machine as a whole and what may be broken come first, what it has many of last.
 */
export const probes: readonly Probe<unknown>[] = [
  processor,
  memory,
  pagefile,
  load,
  uptime,
  pressure,
  kernel,
  time,
  updates,
  processes,
  process,
  service,
  raid,
  filesystem,
  links,
  disk,
  temperature,
  battery,
  gpu,
  network,
]
