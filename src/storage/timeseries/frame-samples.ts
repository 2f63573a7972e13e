import type { Series } from '../../domain/sample.ts'
import type { Database } from '../database/database.ts'
import { readMetricSet, unpackColumns } from './codec/frame.ts'
import { createSeriesBuilder } from './codec/series-builder.ts'
import type { Wanted } from './compacted-samples.ts'
import { type NoteDamage, openFrames } from './damage.ts'
import { type FrameRow, readFrames, readLateFrames } from './frames.ts'
import type { MetricSetReader } from './metric-sets.ts'

/** The times of the first frame of any host, and of the first late one of this host, in a span; null without any. */
export type FirstFrames = { readonly first_frame: number | null; readonly first_late: number | null }

/** Samples in the hosts' frames that are not compacted yet. Damaged frames are noted and left out. */
export class FrameSamples {
  readonly #database: Database
  readonly #metricSets: MetricSetReader
  readonly #note: NoteDamage

  constructor(database: Database, metricSets: MetricSetReader, note: NoteDamage) {
    this.#database = database
    this.#metricSets = metricSets
    this.#note = note
  }

  /** The samples of each of the metrics; each frame is read once. Nothing where no host has a frame in the span. */
  async read({ host, metrics, to }: Wanted, { first_frame: from }: FirstFrames): Promise<Series[]> {
    if (from === null) return []
    return this.#toSeries(await readFrames(this.#database, host, { from, to }), host, metrics)
  }

  /** The same of frames that arrived after their time had been compacted. */
  async readLate({ host, metrics, to }: Wanted, { first_late: from }: FirstFrames): Promise<Series[]> {
    if (from === null) return []
    return this.#toSeries(await readLateFrames(this.#database, host, { from, to }), host, metrics)
  }

  async #toSeries(rows: readonly FrameRow[], host: number, metrics: readonly number[]): Promise<Series[]> {
    if (rows.length === 0) return []
    const frames = openFrames(rows, host, this.#note)
    await this.#metricSets.load(this.#database, new Set(frames.map(({ body }) => readMetricSet(body))))
    const builders = metrics.map(() => createSeriesBuilder(rows.length))
    const known = new Map<number, number[]>()
    for (const { time, body } of frames) {
      const metricSet = readMetricSet(body)
      let columns = known.get(metricSet)
      if (!columns) {
        columns = metrics.map((metric) => this.#metricSets.column(metricSet, metric))
        known.set(metricSet, columns)
      }
      const values = unpackColumns(body, columns)
      for (let i = 0; i < values.length; i++) {
        const value = values[i]
        if (value !== null && value !== undefined) builders[i]?.add(time, value)
      }
    }
    return builders.map((builder) => builder.take())
  }
}
