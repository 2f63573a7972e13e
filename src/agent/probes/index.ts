import { disk } from './disk.ts'
import { filesystem } from './filesystem.ts'
import { load } from './load.ts'
import { memory } from './memory.ts'
import { network } from './network.ts'
import { pagefile } from './pagefile.ts'
import { pressure } from './pressure.ts'
import type { Probe } from './probe.ts'
import { process } from './process.ts'
import { processes } from './processes.ts'
import { processor } from './processor.ts'
import { service } from './service.ts'
import { temperature } from './temperature.ts'
import { uptime } from './uptime.ts'

/** Everything that an agent reads of its machine. */
export const probes: readonly Probe<unknown>[] = [
  processor,
  memory,
  pagefile,
  load,
  uptime,
  network,
  disk,
  filesystem,
  pressure,
  processes,
  process,
  service,
  temperature,
]
