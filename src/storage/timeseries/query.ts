import type { Series } from '../../domain/sample.ts'
import type { SummarizedSeries } from '../../domain/series.ts'
import type { Database } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import type { SampleStore } from '../ports/store.ts'
import { findBlockExtent } from './blocks.ts'
import { CompactedSamples } from './compacted-samples.ts'
import type { NoteDamage } from './damage.ts'
import { type FirstFrames, FrameSamples } from './frame-samples.ts'
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
      if (from > to) return NO_SAMPLES
      const [found] = await database.query<HostAndFrames & { readonly metric: number | null }>(
        FIND_WITH_METRIC,
        [...[host, from, to], ...[host, from, to, metric]],
      )
      if (!found || found.host === null || found.metric === null) return NO_SAMPLES
      const wanted = { host: found.host, metrics: [found.metric], from, to }
      // The blocks last: data that is compacted between the readings is then read twice, not missed.
      const [hot] = await frames.read(wanted, found)
      const [late] = await frames.readLate(wanted, found)
      const [compacted] = await blocks.read(wanted)
      return mergeByAge(hot, compacted, late)
    },

    async ranges(host, metrics, from, to) {
      boundMetrics(metrics)
      const found = new Map<string, Series>()
      const start = await find(database, host, from, to)
      if (start === null || from > to) return found
      const ids = await findMetrics(database, metrics)
      const wanted = { host: start.host, metrics: [...ids.values()], from, to }
      const hot = await frames.read(wanted, start)
      const late = await frames.readLate(wanted, start)
      const compacted = await blocks.read(wanted)
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
      const start = await find(database, host, from, to)
      if (start === null || from > to) return new Map()
      const ids = await findMetrics(database, metrics)
      const wanted = { host: start.host, metrics: [...ids.values()], from, to }
      // The blocks last, here too.
      const hot = await frames.read(wanted, start)
      const late = await frames.readLate(wanted, start)
      const series = await summarizeSamples({ hot, late, blocks }, wanted, points)
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

/** The host, and the times of the first frames within the span: mostly there are none. */
type HostAndFrames = FirstFrames & { readonly host: number | null }

const FIND = `SELECT (SELECT id FROM host WHERE name = ?) AS host,
  (SELECT MIN(time) FROM frame WHERE time >= ? AND time <= ?) AS first_frame,
  (SELECT MIN(time) FROM late_frame WHERE host = (SELECT id FROM host WHERE name = ?) AND time >= ? AND time <= ?) AS first_late`
const FIND_WITH_METRIC = `${FIND}, (SELECT id FROM metric WHERE name = ?) AS metric`

/** Null where there is no such host. */
async function find(database: Database, host: string, from: number, to: number) {
  const [found] = await database.query<HostAndFrames>(FIND, [host, from, to, host, from, to])
  return !found || found.host === null ? null : { ...found, host: found.host }
}

function boundMetrics(metrics: readonly string[]) {
  if (metrics.length > MAX_RANGES) throw new RangeError(`at most ${MAX_RANGES} metrics at once`)
}

async function findHost(database: Database, name: string): Promise<number | null> {
  const [row] = await database.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [name])
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
