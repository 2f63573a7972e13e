import type { Series } from '../../domain/sample.ts'
import { describeError } from '../../lib/log.ts'
import type { Database } from '../database/database.ts'
import { ColumnReader } from './codec/frame.ts'
import { createSeriesBuilder } from './codec/series-builder.ts'
import type { Wanted } from './compacted-samples.ts'
import { findBodies, type NoteDamage } from './damage.ts'
import { dayOf } from './day.ts'
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
    const frames = findBodies(rows, host, this.#note)
    const ids = new Set(frames.map(({ metricSet }) => metricSet))
    await this.#metricSets.load(this.#database, ids)
    const readers = new Map<number, ColumnReader>()
    for (const id of ids)
      readers.set(id, new ColumnReader(metrics.map((metric) => this.#metricSets.column(id, metric))))
    const builders = metrics.map(() => createSeriesBuilder(rows.length))
    for (const { row, at, metricSet } of frames) {
      const reader = readers.get(metricSet)
      if (reader === undefined || !this.#tryRead(reader, row, at, host)) continue
      const { values, isThere } = reader
      for (let i = 0; i < builders.length; i++)
        if (isThere[i] === 1) builders[i]?.add(row.time, values[i] ?? 0)
    }
    return builders.map((builder) => builder.take())
  }

  /** False for a frame that can't be decoded, which is noted: those of old schemas have no checksum. */
  #tryRead(reader: ColumnReader, { time, packed }: FrameRow, at: number, host: number): boolean {
    try {
      reader.read(packed, at)
      return true
    } catch (error) {
      this.#note({ host, day: dayOf(time), metric: null, problem: describeError(error) })
      return false
    }
  }
}
