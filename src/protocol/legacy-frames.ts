import type { Frame } from '../domain/sample.ts'
import { type Fields, isFields, readNumber, readTime } from './field.ts'
import { toLegacyMetric } from './legacy-metric.ts'
import { MAX_METRICS } from './message.ts'
import type { NameLists } from './names.ts'
import type { Tally } from './rejection-tally.ts'

/** What a list of row keys means, worked out once. */
type RowShape = {
  /** `metrics[i]` stands under `keys[i]` in the row, whose spelling the original allowed. */
  readonly keys: readonly string[]
  readonly metrics: readonly string[]
  readonly refused: number
}

const MAX_SHAPES = 1024

/** Gathers rows of the original's dialect into frames, one for each time. */
export class LegacyFrames {
  readonly #nameLists: NameLists
  readonly #shapes = new Map<string, RowShape>()
  #frames = new Map<number, Frame | Frame[]>()
  #weight = 0

  constructor(nameLists: NameLists) {
    this.#nameLists = nameLists
  }

  /** About the bytes of memory held. */
  get weight(): number {
    return this.#weight
  }

  add(rows: readonly unknown[], now: number, tally: Tally): void {
    for (const row of rows) {
      if (!isFields(row)) {
        tally.refuse('frame')
        continue
      }
      const time = readTime(row.time, now)
      if (time < 0) tally.refuse('time')
      else this.#addRow(time, row, tally)
    }
  }

  /** The frames gathered so far, which are then forgotten; ascending as they came. */
  take(tally: Tally): Frame[] {
    const frames: Frame[] = []
    for (const [time, rows] of this.#frames)
      frames.push(Array.isArray(rows) ? this.#merge(time, rows, tally) : rows)
    this.#frames = new Map()
    this.#weight = 0
    return frames
  }

  #addRow(time: number, row: Fields, tally: Tally): void {
    const shape = this.#readShape(row)
    if (shape === null) {
      tally.refuse('frame')
      return
    }
    tally.refuse('name', shape.refused)
    let isEmpty = true
    const values = shape.keys.map((key) => {
      const value = row[key]
      if (value === null) return null
      const number = readNumber(value)
      if (Number.isNaN(number)) {
        tally.refuse('value')
        return null
      }
      isEmpty = false
      return number
    })
    if (isEmpty) return
    const frame: Frame = { time, metrics: shape.metrics, values }
    const known = this.#frames.get(time)
    if (known === undefined) this.#frames.set(time, frame)
    else if (Array.isArray(known)) known.push(frame)
    else this.#frames.set(time, [known, frame])
    this.#weight += 160 + 8 * values.length
  }

  #readShape(row: Fields): RowShape | null {
    const keys = Object.keys(row)
    if (keys.length > MAX_METRICS + 1) return null
    const joined = keys.join('\n')
    const known = this.#shapes.get(joined)
    // A key with a line end in it is refused and could pass for two others: such shapes are never kept.
    if (known !== undefined && known.metrics.length === keys.length - 1) return known
    const names = keys.filter((key) => key !== 'time')
    const list = this.#nameLists.intern(names.map(toLegacyMetric))
    const { metrics, columns, refused } = list
    const kept = columns === null ? names : columns.map((column) => names[column] ?? '')
    const shape = { keys: kept, metrics, refused: refused.length }
    if (list.refused.length > 0) return shape
    if (this.#shapes.size >= MAX_SHAPES) this.#shapes.clear()
    this.#shapes.set(joined, shape)
    return shape
  }

  /** One frame of several rows; a later value wins over an earlier one, but no value never does. */
  #merge(time: number, rows: readonly Frame[], tally: Tally): Frame {
    const merged = new Map<string, number>()
    for (const row of rows)
      row.metrics.forEach((metric, i) => {
        const value = row.values[i]
        if (value === null || value === undefined) return
        if (merged.size < MAX_METRICS || merged.has(metric)) merged.set(metric, value)
        else tally.refuse('frame')
      })
    return { time, metrics: this.#nameLists.intern([...merged.keys()]).metrics, values: [...merged.values()] }
  }
}
