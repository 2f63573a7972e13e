import { MAX_GROUP_NAME } from './hosts/group.ts'
import { MAX_HOST_NAME } from './hosts/host.ts'
import { MAX_METRIC_NAME } from './sample.ts'

/**
 * Longest texts of what agents report, in characters, by the table and column that hold them. The wire takes
 * no longer ones, and a test compares the list with the schema that the migrations make.
 */
export const TEXT_BOUNDS = {
  host: { name: MAX_HOST_NAME, ip: 64, platform: 64, build: 255, architecture: 64, domain: 253 },
  host_group: { name: MAX_GROUP_NAME },
  metric: { name: MAX_METRIC_NAME },
  event: { metric: MAX_METRIC_NAME, uid: 64, message: 1024 },
  agent_queue: { name: 64 },
  agent_run: { run: 64 },
  waiting_host: { name: MAX_HOST_NAME, ip: 64, build: 255 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>
