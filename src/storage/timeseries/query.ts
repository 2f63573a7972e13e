import type { Series } from '../../domain/sample.ts'
import type { Database } from '../database/database.ts'
import type { SampleStore } from '../ports/store.ts'
import { findBlockExtent } from './blocks.ts'
import { mergeSeries } from './codec/series-builder.ts'
import { CompactedSamples } from './compacted-samples.ts'
import type { NoteDamage } from './damage.ts'
import { FrameSamples } from './frame-samples.ts'
import { findLastFrame, findLateExtent, readFrames } from './frames.ts'
import type { MetricSetReader } from './metric-sets.ts'

const NO_SAMPLES: Series = { times: new Float64Array(), values: new Float64Array() }
/** Metrics asked for at once. */
const MAX_RANGES = 500

/** Samples that are damaged are noted and left out. */
export function createSampleStore(
  database: Database,
  metricSets: MetricSetReader,
  note: NoteDamage,
): SampleStore {
  async function findHost(name: string): Promise<number | null> {
    const [row] = await database.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [name])
    return row?.id ?? null
  }

  async function findMetric(name: string): Promise<number | null> {
    const [row] = await database.query<{ id: number }>('SELECT id FROM metric WHERE name = ?', [name])
    return row?.id ?? null
  }

  const frames = new FrameSamples(database, metricSets, note)
  const blocks = new CompactedSamples(database, note)

  return {
    async range(host, metric, from, to) {
      const hostId = await findHost(host)
      const metricId = await findMetric(metric)
      if (hostId === null || metricId === null || from > to) return NO_SAMPLES
      // The blocks last: what is compacted between the readings is then met twice, not missed.
      const [hot] = await frames.read(hostId, [metricId], from, to)
      const [late] = await frames.readLate(hostId, [metricId], from, to)
      const compacted = await blocks.readOne(hostId, metricId, from, to)
      return merge(hot, compacted, late)
    },

    async ranges(host, metrics, from, to) {
      if (metrics.length > MAX_RANGES) throw new RangeError(`at most ${MAX_RANGES} metrics at once`)
      const found = new Map<string, Series>()
      const hostId = await findHost(host)
      if (hostId === null || from > to) return found
      const ids = new Map<string, number>()
      for (const metric of metrics) {
        const id = await findMetric(metric)
        if (id !== null) ids.set(metric, id)
      }
      const metricIds = [...ids.values()]
      const hot = await frames.read(hostId, metricIds, from, to)
      const late = await frames.readLate(hostId, metricIds, from, to)
      const compacted = await blocks.readMany(hostId, metricIds, from, to)
      let i = 0
      for (const metric of ids.keys()) {
        const series = merge(hot[i], compacted[i], late[i])
        if (series.times.length > 0) found.set(metric, series)
        i++
      }
      return found
    },

    async extent(host) {
      const id = await findHost(host)
      if (id === null) return null
      const [firstFrame] = await readFrames(database, id, 0, Number.MAX_SAFE_INTEGER, 1)
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

/** A frame is older than what was compacted from it, and that is older than what came late. */
function merge(hot = NO_SAMPLES, compacted = NO_SAMPLES, late = NO_SAMPLES): Series {
  return mergeSeries(mergeSeries(hot, compacted), late)
}
