import { type Frame, toUsedName, usedFromFree } from '../../domain/sample.ts'
import { type Fields, isFields, MAX_TIME_AHEAD, readAnyTime, readNumber } from '../field.ts'
import { MAX_METRICS } from '../message.ts'
import type { NameLists } from '../names.ts'
import type { Tally } from '../rejection-tally.ts'
import type { Spellings } from './legacy-metric.ts'

/** What a list of row keys means, worked out once. */
type RowShape = {
  /** `metrics[i]` stands under `keys[i]` in the row, whose spelling the original allowed. */
  readonly keys: readonly string[]
  readonly metrics: readonly string[]
  /** Whether `metrics[i]` is space in use while the row tells the free space; null when that is true of none. */
  readonly isFree: readonly boolean[] | null
  readonly refused: number
}

/** Rows of one packet by time: those to be stored, and those whose time lies ahead of the server's clock. */
export type TakenFrames = { readonly frames: Frame[]; readonly waiting: Frame[] }

const MAX_SHAPES = 1024

/** Gathers rows of the original's dialect into frames, one for each time. */
export class LegacyFrames {
  readonly #nameLists: NameLists
  readonly #spellings: Spellings
  readonly #latest: number
  readonly #shapes = new Map<string, RowShape>()
  #frames = new Map<number, Frame | Frame[]>()
  #weight = 0

  /** `now` is the server's clock at the arrival of the packet. */
  constructor(nameLists: NameLists, spellings: Spellings, now: number) {
    this.#nameLists = nameLists
    this.#spellings = spellings
    this.#latest = now + MAX_TIME_AHEAD
  }

  /** About the bytes of memory held. */
  get weight(): number {
    return this.#weight
  }

  add(rows: readonly unknown[], tally: Tally): void {
    for (const row of rows) {
      if (!isFields(row)) {
        tally.refuse('frame')
        continue
      }
      const time = readAnyTime(row.time)
      if (time < 0) tally.refuse('time')
      else this.#addRow(time, row, tally)
    }
  }

  /** The frames gathered so far, which are then forgotten; in the order in which their times first came. */
  take(tally: Tally): TakenFrames {
    const taken: TakenFrames = { frames: [], waiting: [] }
    for (const [time, rows] of this.#frames) {
      const frame = Array.isArray(rows) ? this.#merge(time, rows, tally) : rows
      if (time > this.#latest) taken.waiting.push(frame)
      else taken.frames.push(frame)
    }
    this.#frames = new Map()
    this.#weight = 0
    return taken
  }

  #addRow(time: number, row: Fields, tally: Tally): void {
    const shape = this.#readShape(row)
    if (shape === null) {
      tally.refuse('frame')
      return
    }
    tally.refuse('name', shape.refused)
    let isEmpty = true
    const values = shape.keys.map((key, i) => {
      const value = row[key]
      if (value === null) return null
      const number = readNumber(value)
      if (Number.isNaN(number)) {
        tally.refuse('value')
        return null
      }
      isEmpty = false
      return shape.isFree?.[i] ? usedFromFree(number) : number
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
    const legal = names.map((name) => this.#spellings.read(name))
    const list = this.#nameLists.intern(legal.map(toUsedName))
    const { metrics, columns, refused } = list
    const kept = columns === null ? names : columns.map((column) => names[column] ?? '')
    const isFree = metrics.map((metric, i) => metric !== legal[columns?.[i] ?? i])
    const shape: RowShape = {
      keys: kept,
      metrics,
      isFree: isFree.includes(true) ? isFree : null,
      refused: refused.length,
    }
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
