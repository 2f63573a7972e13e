import { RowBuilder } from '../../domain/row-builder.ts'
import type { Series } from '../../domain/sample.ts'
import { type SummarizedSeries, stepOfRows } from '../../domain/series.ts'
import { createSeriesBuilder, type SeriesBuilder } from './codec/series-builder.ts'
import type { Cells } from './codec/summaries.ts'
import {
  type CompactedDay,
  type CompactedSamples,
  NotReadError,
  type ReadsSamples,
  type Wanted,
} from './compacted-samples.ts'
import { DAY_SECONDS, dayOf } from './day.ts'
import { mergeByAge, NO_SAMPLES } from './merge-by-age.ts'

/** Steps of rows that can be made of cells; beyond a day whole days. */
const STEPS: readonly number[] = [1, 2, 4, 8, 12, 24].map((hours) => hours * 3600)
/** Shorter steps than that are made of samples: whole hours would be more than twice as long. */
const LEAST_STEP = STEPS[0] === undefined ? 0 : STEPS[0] / 2
/** The seconds of a cell at a sample a minute. */
const USUAL_CELL = 4 * 3600
/** Days that decide whether there are summaries to use. */
const DECIDING_DAYS = 8

/** Samples that are not compacted, of each metric, and those that are, which are read afterwards. */
type Sources = {
  readonly hot: readonly Series[]
  readonly late: readonly Series[]
  readonly blocks: CompactedSamples
}

/**
 * Rows of each metric, at most `points`. Days of which all samples are in a chunk with summaries are taken
 * from these; those at the ends, and those with frames that are not compacted, sample by sample.
 */
export async function summarizeSamples(
  sources: Sources,
  wanted: Wanted,
  points: number,
): Promise<SummarizedSeries[]> {
  if (wanted.metrics.length === 0) return []
  try {
    return await summarizeDays(sources, wanted, points, daysOfSamples(sources, wanted, points))
  } catch (error) {
    if (!(error instanceof NotReadError)) throw error
    return summarizeDays(sources, wanted, points)
  }
}

/**
 * The days of which samples are likely to be needed: all where rows are shorter than most cells, otherwise those that are not
 * taken from summaries as a whole.
 */
function daysOfSamples({ hot, late }: Sources, { from, to }: Wanted, points: number): ReadsSamples {
  if ((wholeStep(stepOfRows(from, to, points)) ?? 0) < USUAL_CELL) return () => true
  const spans = [
    { first: dayOf(from), last: dayOf(from) },
    { first: dayOf(to), last: dayOf(to) },
  ]
  for (const { times } of [...hot, ...late]) {
    const [first, last] = [times[0], times.at(-1)]
    if (first !== undefined && last !== undefined) spans.push({ first: dayOf(first), last: dayOf(last) })
  }
  return (day) => spans.some(({ first, last }) => day >= first && day <= last)
}

async function summarizeDays(
  { hot, late, blocks }: Sources,
  wanted: Wanted,
  points: number,
  readsSamples?: ReadsSamples,
): Promise<SummarizedSeries[]> {
  const { metrics, from, to } = wanted
  const summaries = metrics.map(
    (_, i) => new Summary({ from, to, points }, hot[i] ?? NO_SAMPLES, late[i] ?? NO_SAMPLES),
  )
  await blocks.eachDay(
    wanted,
    (day) => {
      for (const [i, summary] of summaries.entries()) summary.addDay(day, i)
    },
    readsSamples,
  )
  return summaries.map((summary) => summary.take())
}

type Picture = { readonly from: number; readonly to: number; readonly points: number }
type HeldDay = { readonly day: CompactedDay; readonly place: number }

/** One metric on its way to rows. */
class Summary {
  readonly #picture: Picture
  readonly #hot: Series
  readonly #late: Series
  /** Days that wait until it is known how long a step is; null afterwards. */
  #undecided: HeldDay[] | null = []
  #rows: RowBuilder
  #step: number
  /** All samples, while they are few enough to be rows themselves. */
  #kept: SeriesBuilder | null = createSeriesBuilder(0)
  #keptCount = 0
  /** Days before this one are done. */
  #nextDay: number
  #last = { time: Number.NEGATIVE_INFINITY, value: 0 }
  /** The day of the newest sample, while that was not decoded. */
  #newest: HeldDay | null = null

  constructor(picture: Picture, hot: Series, late: Series) {
    this.#picture = picture
    this.#hot = hot
    this.#late = late
    this.#step = stepOfRows(picture.from, picture.to, picture.points)
    this.#rows = new RowBuilder(this.#step)
    this.#nextDay = dayOf(picture.from)
  }

  /** Days are added in ascending order. */
  addDay(day: CompactedDay, place: number) {
    if (this.#undecided === null) return this.#add(day, place)
    this.#undecided.push({ day, place })
    if (this.#undecided.length === DECIDING_DAYS) this.#decide()
  }

  take(): SummarizedSeries {
    this.#decide()
    this.#addFrames(dayOf(this.#picture.to) + 1)
    this.#findLast()
    const { total, ...rows } = this.#rows.take()
    const { count, low, high, sum } = total
    const mean = Math.min(high, Math.max(low, sum / count))
    const { value: last, time: lastTime } = this.#last
    const summary = count === 0 ? null : { count, low, mean, high, last, lastTime }
    if (this.#kept === null) return { ...rows, summary, step: this.#step }
    const { times, values } = this.#kept.take()
    const counts = new Float64Array(times.length).fill(1)
    return { times, low: values, mean: values, high: values, counts, summary, step: 0 }
  }

  /** Uses steps of whole hours where most of the days have summaries whose cells divide such a step. */
  #decide() {
    if (this.#undecided === null) return
    const held = this.#undecided
    this.#undecided = null
    const step = wholeStep(this.#step)
    if (step !== null) {
      const cells = held.flatMap(({ day, place }) => day.summarize(place) ?? [])
      const fitting = cells.filter(({ seconds }) => step % seconds === 0).length
      if (fitting > 0 && fitting * 2 >= cells.length) {
        this.#step = step
        this.#rows = new RowBuilder(step)
      }
    }
    for (const { day, place } of held) this.#add(day, place)
  }

  #add(day: CompactedDay, place: number) {
    const { from, to } = this.#picture
    const { midnight } = day
    this.#addFrames(dayOf(midnight))
    const end = midnight + DAY_SECONDS - 1
    const hot = slice(this.#hot, midnight, end)
    const late = slice(this.#late, midnight, end)
    const isWhole = midnight >= from && end <= to && hot.times.length === 0 && late.times.length === 0
    const cells = isWhole ? day.summarize(place) : null
    if (cells !== null && this.#fits(cells)) {
      this.#addCells(midnight, cells)
      this.#newest = { day, place }
    } else {
      this.#addDecoded(midnight, day.decode(place) ?? NO_SAMPLES, hot, late)
    }
    this.#nextDay = dayOf(midnight) + 1
  }

  /** The samples of a day; those of frames come behind the compacted ones, unless they are late or came twice. */
  #addDecoded(midnight: number, decoded: Series, hot: Series, late: Series) {
    const { from, to } = this.#picture
    const compacted = slice(decoded, from - midnight, to - midnight)
    const end = midnight + (compacted.times.at(-1) ?? Number.NEGATIVE_INFINITY)
    if (late.times.length === 0 && (hot.times[0] ?? Number.POSITIVE_INFINITY) > end) {
      this.#addSamples(midnight, compacted)
      this.#addSamples(0, hot)
    } else {
      const times = compacted.times.map((offset) => midnight + offset)
      this.#addSamples(0, mergeByAge(hot, { times, values: compacted.values }, late))
    }
  }

  /** Whether the cells make whole rows, and are too many samples to be rows themselves. */
  #fits({ seconds, counts }: Cells): boolean {
    if (this.#step % seconds !== 0 && this.#step !== Number.POSITIVE_INFINITY) return false
    return this.#kept === null || this.#keptCount + addUp(counts) > this.#picture.points
  }

  /** Frames of the days before `day` that have no block. */
  #addFrames(day: number) {
    if (this.#nextDay >= day) return
    const [first, end] = [this.#nextDay * DAY_SECONDS, day * DAY_SECONDS - 1]
    const [hot, late] = [slice(this.#hot, first, end), slice(this.#late, first, end)]
    this.#addSamples(0, mergeByAge(hot, NO_SAMPLES, late))
    this.#nextDay = day
  }

  /** Times count from `start` on. */
  #addSamples(start: number, { times, values }: Series) {
    const count = times.length
    if (count === 0) return
    this.#keep(start, { times, values })
    this.#rows.addAll(start, times, values)
    this.#last = { time: start + (times[count - 1] ?? 0), value: values[count - 1] ?? 0 }
    this.#newest = null
  }

  #addCells(midnight: number, { seconds, counts, lows, highs, sums }: Cells) {
    this.#kept = null
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] ?? 0
      if (count === 0) continue
      const first = midnight + i * seconds
      const cell = { count, low: lows[i] ?? 0, high: highs[i] ?? 0, sum: sums[i] ?? 0 }
      this.#rows.addCell(first, first + seconds - 1, cell)
    }
  }

  #keep(start: number, { times, values }: Series) {
    if (this.#kept === null) return
    this.#keptCount += times.length
    if (this.#keptCount > this.#picture.points) this.#kept = null
    else for (let i = 0; i < times.length; i++) this.#kept.add(start + (times[i] ?? 0), values[i] ?? 0)
  }

  /** Decodes the newest day when only its summaries were read. */
  #findLast() {
    if (this.#newest === null) return
    const { day, place } = this.#newest
    const decoded = day.decode(place)
    const end = (decoded?.times.length ?? 0) - 1
    if (decoded && end >= 0)
      this.#last = { time: day.midnight + (decoded.times[end] ?? 0), value: decoded.values[end] ?? 0 }
  }
}

/** The step of whole hours or days that takes the place of a step; null where that would be too long. */
function wholeStep(step: number): number | null {
  if (step === Number.POSITIVE_INFINITY) return step
  if (step < LEAST_STEP) return null
  return STEPS.find((whole) => whole >= step) ?? Math.ceil(step / DAY_SECONDS) * DAY_SECONDS
}

/** The samples from `from` to `to`, both included. */
function slice({ times, values }: Series, from: number, to: number): Series {
  if (times.length === 0) return NO_SAMPLES
  const [start, end] = [firstAtOrAfter(times, from), firstAtOrAfter(times, to + 1)]
  return start === end
    ? NO_SAMPLES
    : { times: times.subarray(start, end), values: values.subarray(start, end) }
}

function firstAtOrAfter(times: Float64Array, time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low
}

function addUp(counts: Float64Array): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}
