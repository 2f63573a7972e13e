import { mergeGroups } from '../../domain/hosts/group.ts'
import type { Host } from '../../domain/hosts/host.ts'
import type { Reader } from '../database/database.ts'
import { readMetricSet, unpackFrame } from '../timeseries/codec/frame.ts'
import { openLatest } from '../timeseries/damage.ts'
import type { MetricSetReader } from '../timeseries/metric-sets.ts'
import { parseGroups } from './groups.ts'
import { parseMounts, parseProgram, parseSpellings } from './host-facts.ts'

/** A row of `host` with the columns that make a `Host`. */
export type HostRow = {
  id: number
  name: string
  ip: string
  platform: string
  build: string
  architecture: string
  domain: string
  processors: number
  memory_mb: number
  first_seen: number
  last_seen: number
  clock_skew: number | null
  latest_time: number
  latest: Uint8Array | null
  said_groups: string | null
  given_groups: string | null
  mounts: string | null
  agent: string | null
  program: string | null
  spellings: string | null
}

export const HOST_COLUMNS = `id, name, ip, platform, build, architecture, domain, processors, memory_mb,
  first_seen, last_seen, clock_skew, latest_time, latest, said_groups, given_groups, mounts, agent, program,
  spellings`

/** The hosts of the rows, in their order. A newest frame that is damaged counts as none. */
export async function toHosts(
  reader: Reader,
  metricSets: MetricSetReader,
  rows: readonly HostRow[],
): Promise<Host[]> {
  const opened = rows.map((row) => ({ row, latest: openLatest(row) }))
  await metricSets.load(
    reader,
    opened.flatMap(({ latest }) => (latest ? [readMetricSet(latest)] : [])),
  )
  return opened.map(({ row, latest }) => toHost(row, latest, metricSets))
}

function toHost(row: HostRow, frame: Uint8Array | null, metricSets: MetricSetReader): Host {
  const latest: Record<string, number> = Object.create(null)
  if (frame) {
    const { metricSet, values } = unpackFrame(frame, (id) => metricSets.metrics(id).length)
    metricSets.names(metricSet).forEach((metric, i) => {
      const value = values[i]
      if (value !== null && value !== undefined) latest[metric] = value
    })
  }
  const givenGroups = parseGroups(row.given_groups)
  return {
    name: row.name,
    groups: mergeGroups(givenGroups, parseGroups(row.said_groups)),
    givenGroups,
    ip: row.ip,
    platform: row.platform,
    build: row.build,
    architecture: row.architecture,
    domain: row.domain,
    processors: row.processors,
    memoryMb: row.memory_mb,
    ...parseMounts(row.mounts),
    ...(row.agent !== null && { agent: row.agent }),
    ...parseProgram(row.program),
    ...parseSpellings(row.spellings),
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    clockSkew: row.clock_skew,
    latestTime: row.latest_time,
    latest,
  }
}
