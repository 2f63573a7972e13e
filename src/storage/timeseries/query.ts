import type { Series } from '../../domain/sample.ts'
import type { SummarizedSeries } from '../../domain/series.ts'
import type { Database } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { SampleStore } from '../ports/store.ts'
import { findBlockExtent } from './blocks.ts'
import { CompactedSamples } from './compacted-samples.ts'
import type { NoteDamage } from './damage.ts'
import { FrameSamples } from './frame-samples.ts'
import { ALL_TIME, findLastFrame, findLateExtent, readFrames } from './frames.ts'
import { mergeByAge, NO_SAMPLES } from './merge-by-age.ts'
import type { MetricSetReader } from './metric-sets.ts'
import { summarizeSamples } from './summarized-samples.ts'

/** Metrics asked for at once. */
const MAX_RANGES = 500

/** Samples that are damaged are noted and left out. */
export function createSampleStore(
  database: Database,
  metricSets: MetricSetReader,
  note: NoteDamage,
): SampleStore {
  const frames = new FrameSamples(database, metricSets, note)
  const blocks = new CompactedSamples(database, note)

  return {
    async range(host, metric, from, to) {
      const hostId = await findHost(database, host)
      const metricId = await findMetric(database, metric)
      if (hostId === null || metricId === null || from > to) return NO_SAMPLES
      // The blocks last: data that is compacted between the readings is then read twice, not missed.
      const [hot] = await frames.read(hostId, [metricId], from, to)
      const [late] = await frames.readLate(hostId, [metricId], from, to)
      const [compacted] = await blocks.read(hostId, [metricId], from, to)
      return mergeByAge(hot, compacted, late)
    },

    async ranges(host, metrics, from, to) {
      boundMetrics(metrics)
      const found = new Map<string, Series>()
      const hostId = await findHost(database, host)
      if (hostId === null || from > to) return found
      const ids = await findMetrics(database, metrics)
      const metricIds = [...ids.values()]
      const hot = await frames.read(hostId, metricIds, from, to)
      const late = await frames.readLate(hostId, metricIds, from, to)
      const compacted = await blocks.read(hostId, metricIds, from, to)
      let i = 0
      for (const metric of ids.keys()) {
        const series = mergeByAge(hot[i], compacted[i], late[i])
        if (series.times.length > 0) found.set(metric, series)
        i++
      }
      return found
    },

    async summarize(host, metrics, { from, to, points }) {
      boundMetrics(metrics)
      const hostId = await findHost(database, host)
      if (hostId === null || from > to) return new Map()
      const ids = await findMetrics(database, metrics)
      const wanted = { host: hostId, metrics: [...ids.values()], from, to }
      const series = await summarizeSamples(frames, blocks, wanted, points)
      const found = new Map<string, SummarizedSeries>()
      let i = 0
      for (const metric of ids.keys()) {
        const one = series[i++]
        if (one && one.times.length > 0) found.set(metric, one)
      }
      return found
    },

    async extent(host) {
      const id = await findHost(database, host)
      if (id === null) return null
      const [firstFrame] = await readFrames(database, id, { ...ALL_TIME, limit: 1 })
      const lastFrame = await findLastFrame(database, id, 0, Number.MAX_SAFE_INTEGER)
      const late = await findLateExtent(database, id)
      const compacted = await findBlockExtent(database, id)
      const ends = [
        firstFrame?.time,
        lastFrame?.time,
        late?.first,
        late?.last,
        compacted?.first,
        compacted?.last,
      ]
      const times = ends.filter((time) => time !== undefined)
      return times.length === 0 ? null : { first: Math.min(...times), last: Math.max(...times) }
    },
  }
}

function boundMetrics(metrics: readonly string[]) {
  if (metrics.length > MAX_RANGES) throw new RangeError(`at most ${MAX_RANGES} metrics at once`)
}

async function findHost(database: Database, name: string): Promise<number | null> {
  const [row] = await database.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [name])
  return row?.id ?? null
}

async function findMetric(database: Database, name: string): Promise<number | null> {
  const [row] = await database.query<{ id: number }>('SELECT id FROM metric WHERE name = ?', [name])
  return row?.id ?? null
}

/** Ids of those that there are, in the order of the names. */
async function findMetrics(database: Database, metrics: readonly string[]): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  if (metrics.length === 0) return ids
  const rows = await database.query<{ id: number; name: string }>(
    `SELECT id, name FROM metric WHERE name IN (${placeValues(metrics.length)})`,
    metrics,
  )
  const known = new Map(rows.map(({ id, name }) => [name, id]))
  for (const metric of metrics) {
    const id = known.get(metric)
    if (id !== undefined) ids.set(metric, id)
  }
  return ids
}
