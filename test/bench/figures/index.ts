import type { Benchmark } from '../figure.ts'
import { agent } from './agent.ts'
import { fleet } from './fleet.ts'
import { growth } from './growth.ts'
import { mariadb } from './mariadb.ts'
import { pages } from './pages.ts'
import { start } from './start.ts'
import { storage } from './storage.ts'

/** Every benchmark; a new one is a file and a line. */
export const benchmarks: readonly Benchmark[] = [start, storage, pages, fleet, agent, growth, mariadb]
