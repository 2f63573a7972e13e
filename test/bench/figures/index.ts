import type { Benchmark } from '../figure.ts'
import { agent } from './agent.ts'
import { alerts } from './alerts.ts'
import { compaction } from './compaction.ts'
import { crowd } from './crowd.ts'
import { days } from './days.ts'
import { fleet } from './fleet.ts'
import { growth } from './growth.ts'
import { mariadb } from './mariadb.ts'
import { outage } from './outage.ts'
import { pages } from './pages.ts'
import { ready } from './ready.ts'
import { recorded } from './recorded.ts'
import { soak } from './soak.ts'
import { start } from './start.ts'
import { storage } from './storage.ts'
import { waits } from './waits.ts'

/** Every benchmark; a new one is a file and a line. */
export const benchmarks: readonly Benchmark[] = [
  ready,
  start,
  storage,
  recorded,
  days,
  pages,
  fleet,
  agent,
  outage,
  crowd,
  alerts,
  growth,
  soak,
  waits,
  compaction,
  mariadb,
]
